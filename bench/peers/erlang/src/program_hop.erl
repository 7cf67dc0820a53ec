%% Ping pong between two actors on two threads: each is bound to a scheduler of its own.
-module(program_hop).
-export([main/0]).

%% A process stays with the scheduler that it was spawned on; the option is not a documented one.
on(Scheduler, Run) -> spawn_opt(Run, [{scheduler, Scheduler}]).

pong(Count) ->
    receive
        {ping, From} -> From ! pong, pong(Count + 1);
        {count, From} -> From ! {result, Count}
    end.

ping(0, Pong, Main) -> Pong ! {count, Main};
ping(Pings, Pong, Main) ->
    Pong ! {ping, self()},
    receive pong -> ping(Pings - 1, Pong, Main) end.

play(Pings) ->
    Main = self(),
    Pong = on(1, fun() -> pong(0) end),
    on(2, fun() -> ping(Pings, Pong, Main) end),
    bench:check(pings, bench:collect_sum(1), Pings).

main() ->
    2 =< erlang:system_info(schedulers_online) orelse error(needs_two_loops),
    Pings = bench:scaled(40000),
    bench:measure("hop", "", 2 * Pings, fun() -> play(Pings) end).
