%% Savina's counting actor: a producer sends increments to a counter, then asks it for the count.
-module(program_counting).
-export([main/0]).

counter(Count) ->
    receive
        increment -> counter(Count + 1);
        {count, From} -> From ! {result, Count}
    end.

produce(0, Counter, Main) -> Counter ! {count, Main};
produce(Increments, Counter, Main) ->
    Counter ! increment,
    produce(Increments - 1, Counter, Main).

play(Increments) ->
    Main = self(),
    Counter = spawn(fun() -> counter(0) end),
    spawn(fun() -> produce(Increments, Counter, Main) end),
    bench:check(count, bench:collect_sum(1), Increments).

main() ->
    Increments = bench:scaled(1000000),
    bench:measure("counting", "", Increments, fun() -> play(Increments) end).
