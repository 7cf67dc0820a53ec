%% Savina's bounded buffer: producers and consumers, and a manager with room for fifty items.
%%
%% The manager asks for an item only when it has room for it.
-module(program_bounded_buffer).
-export([main/0]).

-define(ROOM, 50).
-define(PRODUCERS, 40).
-define(CONSUMERS, 40).
-define(COST, 25).

%% What it costs to make or use an item.
item_work(0, Random, Sum) -> {Sum, Random};
item_work(Left, Random0, Sum) ->
    Random = bench:next(Random0),
    item_work(Left - 1, Random, Sum + math:log(bench:unit(Random) + 0.01)).

producer(0, _Cost, _Random, _Manager) -> ok;
producer(Left, Cost, Random0, Manager) ->
    receive make -> ok end,
    {Item, Random} = item_work(Cost * 100, Random0, 0.0),
    Manager ! if Left =:= 1 -> {last_item, Item}; true -> {item, Item, self()} end,
    producer(Left - 1, Cost, Random, Manager).

consumer(Used, Sum, Cost, Random0, Manager, Main) ->
    Manager ! {free, self()},
    receive
        {item, Item} ->
            {Value, Random} = item_work(Cost * 100, Random0, 0.0),
            consumer(Used + 1, Sum + Item + Value, Cost, Random, Manager, Main);
        stop ->
            Main ! {result, Used}
    end.

%% Promised are items that wait or are being made; left are producers with items still to make.
-record(manager, {items = queue:new(), free = [], waiting, promised = 0, left = ?PRODUCERS}).

match(#manager{items = Items, free = [Consumer | Free], promised = Promised} = Manager) ->
    case queue:out(Items) of
        {{value, Item}, Rest} ->
            Consumer ! {item, Item},
            match(Manager#manager{items = Rest, free = Free, promised = Promised - 1});
        {empty, _} ->
            ask_for_more(Manager)
    end;
match(Manager) ->
    ask_for_more(Manager).

ask_for_more(#manager{waiting = [Producer | Waiting], promised = Promised} = Manager)
  when Promised < ?ROOM ->
    Producer ! make,
    ask_for_more(Manager#manager{waiting = Waiting, promised = Promised + 1});
ask_for_more(Manager) ->
    Manager.

manage(#manager{left = 0, promised = 0, free = Free}) when length(Free) =:= ?CONSUMERS ->
    [Consumer ! stop || Consumer <- Free];
manage(#manager{items = Items, free = Free, waiting = Waiting, left = Left} = Manager) ->
    receive
        {item, Item, From} ->
            manage(match(Manager#manager{items = queue:in(Item, Items), waiting = [From | Waiting]}));
        {last_item, Item} ->
            manage(match(Manager#manager{items = queue:in(Item, Items), left = Left - 1}));
        {free, From} ->
            manage(match(Manager#manager{free = [From | Free]}))
    end.

play(Items, Cost) ->
    Main = self(),
    Manager = spawn(fun() -> receive {producers, Producers} ->
        manage(match(#manager{waiting = Producers}))
    end end),
    Manager ! {producers, [spawn(fun() -> producer(Items, Cost, bench:random(Number), Manager) end)
                           || Number <- lists:seq(1, ?PRODUCERS)]},
    [spawn(fun() ->
        consumer(0, 0.0, Cost, bench:random(?PRODUCERS + Number), Manager, Main)
     end) || Number <- lists:seq(1, ?CONSUMERS)],
    bench:check(items_used, bench:collect_sum(?CONSUMERS), ?PRODUCERS * Items).

main() ->
    Items = bench:scaled(1000),
    bench:measure("bounded_buffer", "", ?PRODUCERS * Items, fun() -> play(Items, ?COST) end),
    bench:measure("bounded_buffer", "no cost", ?PRODUCERS * Items, fun() -> play(Items, 0) end).
