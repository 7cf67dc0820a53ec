%% Savina's cigarette smokers: an arbiter sends one of many smokers, at random, to smoke, each round.
-module(program_cigarette_smokers).
-export([main/0]).

-define(SMOKERS, 200).

smoker(Rounds, Works, Random, Main) ->
    receive
        {smoke, Arbiter} when Works ->
            Arbiter ! begun,
            smoker(Rounds + 1, Works, bench:work(Random), Main);
        {smoke, Arbiter} ->
            Arbiter ! begun,
            smoker(Rounds + 1, Works, Random, Main);
        stop ->
            Main ! {result, Rounds}
    end.

arbiter(0, Smokers, _Random) -> [Smoker ! stop || Smoker <- tuple_to_list(Smokers)];
arbiter(Rounds, Smokers, Random0) ->
    Random = bench:next(Random0),
    element(bench:below(?SMOKERS, Random) + 1, Smokers) ! {smoke, self()},
    receive begun -> arbiter(Rounds - 1, Smokers, Random) end.

play(Rounds, Works) ->
    Main = self(),
    Smokers = [spawn(fun() -> smoker(0, Works, bench:random(Number), Main) end)
               || Number <- lists:seq(1, ?SMOKERS)],
    spawn(fun() -> arbiter(Rounds, list_to_tuple(Smokers), bench:random(0)) end),
    bench:check(rounds_smoked, bench:collect_sum(?SMOKERS), Rounds).

main() ->
    Rounds = bench:scaled(1000),
    bench:measure("cigarette_smokers", "", Rounds, fun() -> play(Rounds, true) end),
    bench:measure("cigarette_smokers", "no cost", Rounds, fun() -> play(Rounds, false) end).
