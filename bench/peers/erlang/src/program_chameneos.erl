%% Savina's chameneos: creatures of three colours meet in pairs at a mall and change colour.
-module(program_chameneos).
-export([main/0]).

-define(CREATURES, 100).

%% The colour that two become: their own when they are alike, else the third.
complement(Colour, Colour) -> Colour;
complement(One, Other) -> 3 - One - Other.

creature(Colour, Meetings, Mall, Main) ->
    Mall ! {self(), Colour},
    receive
        over -> Main ! {result, Meetings};
        Other -> creature(complement(Colour, Other), Meetings + 1, Mall, Main)
    end.

mall(0) ->
    [receive {Creature, _} -> Creature ! over end || _ <- lists:seq(1, ?CREATURES)];
mall(Meetings) ->
    receive {First, Colour} ->
        receive {Second, Other} ->
            First ! Other,
            Second ! Colour,
            mall(Meetings - 1)
        end
    end.

play(Meetings) ->
    Main = self(),
    Mall = spawn(fun() -> mall(Meetings) end),
    [spawn(fun() -> creature(Number rem 3, 0, Mall, Main) end)
     || Number <- lists:seq(0, ?CREATURES - 1)],
    bench:check(meetings, bench:collect_sum(?CREATURES), 2 * Meetings).

main() ->
    Meetings = bench:scaled(200000),
    bench:measure("chameneos", "", Meetings, fun() -> play(Meetings) end).
