%% Savina's concurrent dictionary: one actor owns a hash table, twenty workers read and write it.
%%
%% The table is one of ETS, made once; whoever owns it for a run gives it back at the end.
-module(program_concurrent_dictionary).
-export([main/0]).

-define(ENTRIES, 524287).
-define(WORKERS, 20).

owner(Table, Count) ->
    receive
        {read, Key, From, Tag} ->
            From ! {Tag, ets:lookup_element(Table, Key, 2)},
            owner(Table, Count + 1);
        {write, Key, Value, From, Tag} ->
            ets:insert(Table, {Key, Value}),
            From ! {Tag, Value},
            owner(Table, Count + 1);
        {stop, From} ->
            ets:give_away(Table, From, Count)
    end.

worker(0, _Number, _Owner, _Random, Wrong, Main) -> Main ! {result, Wrong};
worker(Requests, Number, Owner, Random0, Wrong, Main) ->
    Random1 = bench:next(Random0),
    Random2 = bench:next(Random1),
    Key = bench:below(?ENTRIES, Random1),
    Tag = make_ref(),
    case bench:below(10, Random2) of
        0 -> Owner ! {write, Key, Key + ?ENTRIES * Number, self(), Tag};
        _ -> Owner ! {read, Key, self(), Tag}
    end,
    receive
        {Tag, Value} when Value rem ?ENTRIES =:= Key ->
            worker(Requests - 1, Number, Owner, Random2, Wrong, Main);
        {Tag, _} ->
            worker(Requests - 1, Number, Owner, Random2, Wrong + 1, Main)
    end.

play(Table, Requests) ->
    Main = self(),
    Owner = spawn(fun() -> receive {'ETS-TRANSFER', Table, _, _} -> owner(Table, 0) end end),
    ets:give_away(Table, Owner, none),
    [spawn(fun() -> worker(Requests, Number, Owner, bench:random(Number), 0, Main) end)
     || Number <- lists:seq(0, ?WORKERS - 1)],
    bench:check(wrong_values, bench:collect_sum(?WORKERS), 0),
    Owner ! {stop, Main},
    receive {'ETS-TRANSFER', Table, _, Count} ->
        bench:check(requests, Count, ?WORKERS * Requests)
    end.

main() ->
    Requests = bench:scaled(10000),
    Table = ets:new(dictionary, [set, private]),
    [ets:insert(Table, {Key, Key}) || Key <- lists:seq(0, ?ENTRIES - 1)],
    bench:measure("concurrent_dictionary", "", ?WORKERS * Requests,
                  fun() -> play(Table, Requests) end).
