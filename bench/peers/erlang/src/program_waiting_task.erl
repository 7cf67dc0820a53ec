%% Tasks that wait for one signal each, in the middle of a function. What they cost in memory while
%% all wait, and in time from the first start to the last end.
-module(program_waiting_task).
-export([main/0, task/1]).

task(Main) ->
    receive release -> Main ! released end.

start(Count) ->
    Main = self(),
    Tasks = [spawn(?MODULE, task, [Main]) || _ <- lists:seq(1, Count)],
    until_all_wait(),
    Tasks.

%% They do when nobody but this process has anything to do.
until_all_wait() ->
    case erlang:statistics(total_active_tasks) of
        1 -> ok;
        _ -> erlang:yield(), until_all_wait()
    end.

count(0, Count) -> Count;
count(Left, Count) -> receive released -> count(Left - 1, Count + 1) end.

release(Tasks, Count) ->
    [Task ! release || Task <- Tasks],
    bench:check(released, count(Count, 0), Count).

measure_bytes(Count) ->
    Cpu = bench:cpu_seconds(),
    Before = bench:resident_bytes(),
    Tasks = start(Count),
    Each = (bench:resident_bytes() - Before) / Count,
    Used = bench:cpu_seconds() - Cpu,
    release(Tasks, Count),
    bench:print("waiting_task", "bytes", "bytes", [Each], Count, Used).

main() ->
    Count = bench:scaled(1000000),
    measure_bytes(Count),
    bench:measure("waiting_task", "start and release", Count,
                  fun() -> release(start(Count), Count) end).
