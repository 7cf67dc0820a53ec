%% Skynet: an actor spawns ten, each of which spawns ten, down to a million leaves.
%%
%% Leaves have priority: they end before there are more of them, and their memory serves the next.
-module(program_skynet).
-export([main/0, node/3]).

-define(CHILDREN, 10).

node(First, 1, Parent) -> Parent ! {sum, First};
node(First, Leaves, Parent) ->
    Self = self(),
    Each = Leaves div ?CHILDREN,
    Priority = if Each =:= 1 -> high; true -> normal end,
    [spawn_opt(?MODULE, node, [First + Child * Each, Each, Self], [{priority, Priority}])
     || Child <- lists:seq(0, ?CHILDREN - 1)],
    Parent ! {sum, sum(?CHILDREN, 0)}.

sum(0, Sum) -> Sum;
sum(Missing, Sum) -> receive {sum, Part} -> sum(Missing - 1, Sum + Part) end.

play(Leaves) ->
    Main = self(),
    spawn(fun() -> node(0, Leaves, Main) end),
    bench:check(sum_of_all_numbers, sum(1, 0), Leaves * (Leaves - 1) div 2).

power_of_ten(Leaves, Most) when Leaves * 10 > Most -> Leaves;
power_of_ten(Leaves, Most) -> power_of_ten(Leaves * 10, Most).

main() ->
    Leaves = power_of_ten(10, bench:scaled(1000000)),
    bench:measure("skynet", "", Leaves, fun() -> play(Leaves) end).
