%% Ping pong between two actors on two threads: each is bound to a scheduler of its own.
%%
%% To wake a scheduler that sleeps costs far more than a hop. So that this measures the hop, an actor
%% polls its mailbox a while before it waits.
-module(program_hop).
-export([main/0]).

-define(POLLS, 10000).

%% A process stays with the scheduler that it was spawned on; the option is not a documented one.
on(Scheduler, Run) -> spawn_opt(Run, [{scheduler, Scheduler}]).

%% How long a receive may take when so many polls are left.
patience(0) -> infinity;
patience(_) -> 0.

pong(Count, Polls) ->
    receive
        {ping, From} -> From ! pong, pong(Count + 1, ?POLLS);
        {count, From} -> From ! {result, Count}
    after
        patience(Polls) -> pong(Count, Polls - 1)
    end.

ping(0, Pong, Main) -> Pong ! {count, Main};
ping(Pings, Pong, Main) ->
    Pong ! {ping, self()},
    await_pong(?POLLS),
    ping(Pings - 1, Pong, Main).

await_pong(Polls) ->
    receive
        pong -> ok
    after
        patience(Polls) -> await_pong(Polls - 1)
    end.

play(Pings) ->
    Main = self(),
    Pong = on(1, fun() -> pong(0, ?POLLS) end),
    on(2, fun() -> ping(Pings, Pong, Main) end),
    bench:check(pings, bench:collect_sum(1), Pings).

main() ->
    Pings = bench:scaled(40000),
    bench:measure("hop", "", 2 * Pings, fun() -> play(Pings) end).
