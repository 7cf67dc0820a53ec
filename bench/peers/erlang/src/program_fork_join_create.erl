%% Savina's fork join, actor creation: actors that are spawned, sent one message, and end.
-module(program_fork_join_create).
-export([main/0]).

worker() ->
    receive
        {work, Angle, Collector} ->
            Sine = math:sin(Angle),
            Collector ! if Sine * Sine > 0 -> done; true -> failed end
    end.

collector(0, Count, Main) -> Main ! {result, Count};
collector(Left, Count, Main) ->
    receive
        done -> collector(Left - 1, Count + 1, Main);
        failed -> collector(Left - 1, Count, Main)
    end.

fork(0, _Collector) -> ok;
fork(Actors, Collector) ->
    Worker = spawn(fun worker/0),
    Worker ! {work, 37.2, Collector},
    fork(Actors - 1, Collector).

play(Actors) ->
    Main = self(),
    fork(Actors, spawn(fun() -> collector(Actors, 0, Main) end)),
    bench:check(done, bench:collect_sum(1), Actors).

main() ->
    Actors = bench:scaled(40000),
    bench:measure("fork_join_create", "", Actors, fun() -> play(Actors) end).
