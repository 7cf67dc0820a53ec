%% Savina's ping pong: one actor sends a ping, waits for the pong, and so on.
-module(program_ping_pong).
-export([main/0]).

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
    Pong = spawn(fun() -> pong(0) end),
    spawn(fun() -> ping(Pings, Pong, Main) end),
    bench:check(pings, bench:collect_sum(1), Pings).

main() ->
    Pings = bench:scaled(40000),
    bench:measure("ping_pong", "", 2 * Pings, fun() -> play(Pings) end).
