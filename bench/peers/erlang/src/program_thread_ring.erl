%% Savina's thread ring: a hundred actors pass on one token.
-module(program_thread_ring).
-export([main/0]).

-define(ACTORS, 100).

member(Number, Next, Main) ->
    receive
        {token, 0} -> Main ! {result, Number}, member(Number, Next, Main);
        {token, Hops} -> Next ! {token, Hops - 1}, member(Number, Next, Main);
        {next, Other} -> member(Number, Other, Main);
        stop -> ok
    end.

play(Hops) ->
    Main = self(),
    Actors = [spawn(fun() -> member(Number, none, Main) end) || Number <- lists:seq(0, ?ACTORS - 1)],
    lists:zipwith(fun(Actor, Next) -> Actor ! {next, Next} end, Actors, tl(Actors) ++ [hd(Actors)]),
    hd(Actors) ! {token, Hops},
    bench:check(last_actor, bench:collect_sum(1), Hops rem ?ACTORS),
    [Actor ! stop || Actor <- Actors],
    bench:await_end(Actors).

main() ->
    Hops = bench:scaled(100000),
    bench:measure("thread_ring", "", Hops, fun() -> play(Hops) end).
