%% What an idle actor costs in memory: each has a state of two numbers and was proved alive by a
%% message. One that waits hibernates, which leaves it the smallest heap there is.
-module(program_idle_actor).
-export([main/0, idle/3]).

idle(Messages, Sum, Main) ->
    receive
        {alive, Number} ->
            Main ! alive,
            erlang:hibernate(?MODULE, idle, [Messages + 1, Sum + Number, Main]);
        stop ->
            Main ! {result, {Messages, Sum}}
    end.

start(Number) ->
    Main = self(),
    Actor = spawn(?MODULE, idle, [0, 0, Main]),
    Actor ! {alive, Number},
    receive alive -> Actor end.

sum([], Messages, Sum) -> {Messages, Sum};
sum([{Messages, Sum} | Rest], AllMessages, AllSum) ->
    sum(Rest, AllMessages + Messages, AllSum + Sum).

main() ->
    Count = bench:scaled(1000000),
    Cpu = bench:cpu_seconds(),
    Before = bench:resident_bytes(),
    Actors = [start(Number) || Number <- lists:seq(0, Count - 1)],
    Each = (bench:resident_bytes() - Before) / Count,
    Used = bench:cpu_seconds() - Cpu,
    [Actor ! stop || Actor <- Actors],
    {Messages, Sum} = sum(bench:collect(Count), 0, 0),
    bench:check(alive, Messages, Count),
    bench:check(sum_of_the_messages, Sum, Count * (Count - 1) div 2),
    bench:print("idle_actor", "", "bytes", [Each], Count, Used).
