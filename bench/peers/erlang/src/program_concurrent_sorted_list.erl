%% Savina's concurrent sorted linked list: one actor owns the list, twenty workers use it.
-module(program_concurrent_sorted_list).
-export([main/0]).

-define(WORKERS, 20).
-define(NUMBERS, 10000000).

insert(Value, [First | Rest]) when First < Value -> [First | insert(Value, Rest)];
insert(Value, List) -> [Value | List].

contains(Value, [First | Rest]) when First < Value -> contains(Value, Rest);
contains(Value, [Value | _]) -> true;
contains(_, _) -> false.

owner(List, Size) ->
    receive
        {contains, Value, From, Tag} ->
            From ! {Tag, contains(Value, List)},
            owner(List, Size);
        {insert, Value, From, Tag} ->
            From ! {Tag, ok},
            owner(insert(Value, List), Size + 1);
        {size, From, Tag} ->
            From ! {Tag, Size},
            owner(List, Size);
        {stop, From} ->
            From ! {list, List, Size}
    end.

request(Kind, _Value, Tag) when Kind < 1 -> {size, self(), Tag};
request(Kind, Value, Tag) when Kind < 11 -> {insert, Value, self(), Tag};
request(_Kind, Value, Tag) -> {contains, Value, self(), Tag}.

worker(0, _Owner, _Random, Inserts, Main) -> Main ! {result, Inserts};
worker(Requests, Owner, Random0, Inserts, Main) ->
    Random1 = bench:next(Random0),
    Random2 = bench:next(Random1),
    Tag = make_ref(),
    Request = request(bench:below(100, Random1), bench:below(?NUMBERS, Random2), Tag),
    Owner ! Request,
    receive {Tag, _} -> ok end,
    Made = if element(1, Request) =:= insert -> 1; true -> 0 end,
    worker(Requests - 1, Owner, Random2, Inserts + Made, Main).

play(Requests) ->
    Main = self(),
    Owner = spawn(fun() -> owner([], 0) end),
    [spawn(fun() -> worker(Requests, Owner, bench:random(Number), 0, Main) end)
     || Number <- lists:seq(0, ?WORKERS - 1)],
    Inserts = bench:collect_sum(?WORKERS),
    Owner ! {stop, Main},
    receive {list, List, Size} ->
        bench:check(sorted, lists:sort(List) =:= List, true),
        bench:check(length_of_the_list, {length(List), Size}, {Inserts, Inserts})
    end.

main() ->
    Requests = bench:scaled(8000),
    bench:measure("concurrent_sorted_list", "", ?WORKERS * Requests, fun() -> play(Requests) end).
