%% How a program is measured: run whole, as often as fills a sample, and printed as a line of JSON.
-module(bench).
-export([main/0, scaled/1, check/3, measure/4, print/6, collect/1, collect_sum/1, await_end/1,
         cpu_seconds/0, resident_bytes/0]).
-export([random/1, next/1, below/2, unit/1, work/1]).

-define(SAMPLE_NS, 20_000_000).
-define(LONG_RUN_NS, 500_000_000).

%% Run the program that is named first, which exports main/0, in a process of its own: that ends when
%% the answer is wrong, or when an actor that it is linked to fails.
main() ->
    [Program | Options] = init:get_plain_arguments(),
    {_, Monitor} = spawn_monitor(fun() -> run(list_to_atom(Program), Options) end),
    receive
        {'DOWN', Monitor, _, _, normal} ->
            erlang:halt(0);
        {'DOWN', Monitor, _, _, Why} ->
            io:format(standard_error, "~s: ~p~n", [Program, Why]),
            erlang:halt(1)
    end.

run(Program, Options) ->
    set(Options),
    Program:main().

set([]) -> ok;
set(["--samples" = Name, Text | Rest]) ->
    put(samples, positive(Name, Text, fun erlang:list_to_integer/1)),
    set(Rest);
set(["--scale" = Name, Text | Rest]) ->
    put(scale, positive(Name, Text, fun number/1)),
    set(Rest);
set(["--loops", _ | Rest]) -> set(Rest); % the start script sees to it
set(_) -> refuse("PROGRAM [--samples K] [--scale F] [--loops N]", []).

positive(Name, Text, Read) ->
    case catch Read(Text) of
        Value when is_number(Value), Value > 0 -> Value;
        _ -> refuse("~s wants a number above 0, not '~s'", [Name, Text])
    end.

refuse(Format, Arguments) ->
    io:format(standard_error, Format ++ "~n", Arguments),
    erlang:halt(2).

number(Text) ->
    case string:to_float(Text) of
        {error, no_float} -> list_to_integer(Text);
        {Number, []} -> Number
    end.

option(Name, Default) ->
    case get(Name) of
        undefined -> Default;
        Value -> Value
    end.

%% An amount marked with a star, as large as was asked for.
scaled(Amount) -> max(1, round(Amount * option(scale, 1))).

%% Fail unless a program's answer is the right one.
check(_What, Wanted, Wanted) -> ok;
check(What, Got, Wanted) -> error({wrong, What, Got, should_be, Wanted}).

run_times(_Run, 0) -> ok;
run_times(Run, Times) ->
    Run(),
    run_times(Run, Times - 1).

time(Run, Times) ->
    Start = erlang:monotonic_time(nanosecond),
    run_times(Run, Times),
    erlang:monotonic_time(nanosecond) - Start.

%% How many runs fill a sample, and how long one takes. Runs that many, or more, to find out.
runs_in_sample(Run, Runs) ->
    case time(Run, Runs) of
        Elapsed when Elapsed >= ?SAMPLE_NS ->
            Each = Elapsed div Runs,
            {?SAMPLE_NS div Each + 1, Each};
        _ ->
            runs_in_sample(Run, Runs * 2)
    end.

%% Measure a row and print it.
measure(Name, Variant, Operations, Run) ->
    {Runs, Each} = runs_in_sample(Run, 1),
    Samples = if Each > ?LONG_RUN_NS -> 1; true -> option(samples, 7) end,
    Cpu = cpu_seconds(),
    Values = [time(Run, Runs) / (Runs * Operations) || _ <- lists:seq(1, Samples)],
    print(Name, Variant, "ns", Values, Runs * Operations * Samples, cpu_seconds() - Cpu).

print(Name, Variant, Unit, Values, Operations, Cpu) ->
    Sorted = lists:sort(Values),
    N = length(Sorted),
    Median = (lists:nth((N + 1) div 2, Sorted) + lists:nth(N div 2 + 1, Sorted)) / 2,
    io:format("{\"name\": \"~s\", \"variant\": \"~s\", \"unit\": \"~s\", \"median\": ~.2f, "
              "\"low\": ~.2f, \"high\": ~.2f, \"operations\": ~b, \"cpu_seconds\": ~.4f, "
              "\"peak_rss_bytes\": ~b}~n",
              [Name, Variant, Unit, Median, hd(Sorted), lists:last(Sorted), Operations,
               float(Cpu), kilobytes("VmHWM:") * 1024]).

cpu_seconds() ->
    {Milliseconds, _} = erlang:statistics(runtime),
    Milliseconds / 1000.

resident_bytes() -> kilobytes("VmRSS:") * 1024.

kilobytes(Name) ->
    {ok, Status} = file:read_file("/proc/self/status"),
    [_, Rest] = string:split(binary_to_list(Status), Name),
    {Value, _} = string:to_integer(string:trim(Rest, leading)),
    Value.

%% The results of so many processes, that each sent {result, Value}.
collect(0) -> [];
collect(N) -> receive {result, Value} -> [Value | collect(N - 1)] end.

collect_sum(N) -> lists:sum(collect(N)).

%% Wait until these processes, that were told to, have ended.
await_end(Processes) ->
    Monitors = [monitor(process, Process) || Process <- Processes],
    [receive {'DOWN', Monitor, _, _, _} -> ok end || Monitor <- Monitors].

%% Fast random numbers: a generator an actor, seeded with the actor's number.
random(Number) -> rand:mwc59_seed(Number).

next(Random) -> rand:mwc59(Random).

%% From 0 to N - 1.
below(N, Random) -> (rand:mwc59_value32(Random) * N) bsr 32.

%% From 0 up to, not including, 1.
unit(Random) -> rand:mwc59_float(Random).

%% Work: draw random(1,000) + 10 numbers.
work(Random0) ->
    Random = rand:mwc59(Random0),
    draw(below(1000, Random) + 10, Random).

draw(0, Random) -> Random;
draw(N, Random) -> draw(N - 1, rand:mwc59(Random)).
