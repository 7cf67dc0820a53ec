%% Savina's dining philosophers: twenty philosophers ask an arbiter for their two forks.
-module(program_dining_philosophers).
-export([main/0]).

-define(PHILOSOPHERS, 20).

philosopher(_Number, 0, Meals, _Arbiter, Main) -> Main ! {result, Meals};
philosopher(Number, Left, Meals, Arbiter, Main) ->
    Arbiter ! {hungry, Number, self()},
    receive
        eat ->
            Arbiter ! {full, Number},
            philosopher(Number, Left - 1, Meals + 1, Arbiter, Main);
        denied ->
            philosopher(Number, Left, Meals, Arbiter, Main)
    end.

%% The forks that are taken are bits of a number.
arbiter(0, Taken, Main) -> Main ! {forks, Taken};
arbiter(Meals, Taken, Main) ->
    receive
        {hungry, Number, From} ->
            case Taken band forks(Number) of
                0 ->
                    From ! eat,
                    arbiter(Meals, Taken bor forks(Number), Main);
                _ ->
                    From ! denied,
                    arbiter(Meals, Taken, Main)
            end;
        {full, Number} ->
            Both = forks(Number),
            Both = Taken band Both,
            arbiter(Meals - 1, Taken bxor Both, Main)
    end.

forks(Number) -> (1 bsl Number) bor (1 bsl ((Number + 1) rem ?PHILOSOPHERS)).

play(Meals) ->
    Main = self(),
    Arbiter = spawn_link(fun() -> arbiter(?PHILOSOPHERS * Meals, 0, Main) end),
    [spawn(fun() -> philosopher(Number, Meals, 0, Arbiter, Main) end)
     || Number <- lists:seq(0, ?PHILOSOPHERS - 1)],
    bench:check(meals, bench:collect_sum(?PHILOSOPHERS), ?PHILOSOPHERS * Meals),
    receive {forks, Taken} -> bench:check(forks_taken_at_the_end, Taken, 0) end.

main() ->
    Meals = bench:scaled(10000),
    bench:measure("dining_philosophers", "", ?PHILOSOPHERS * Meals, fun() -> play(Meals) end).
