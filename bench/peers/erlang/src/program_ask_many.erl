%% A thousand askers of one actor at once, each of which asks, one after the other.
-module(program_ask_many).
-export([main/0]).

-define(ASKERS, 1000).

play(Asks) ->
    Main = self(),
    Answerer = spawn(fun program_ask:answerer/0),
    [spawn(fun() -> Main ! {result, program_ask:ask(Asks, 0, Answerer)} end)
     || _ <- lists:seq(1, ?ASKERS)],
    [bench:check(last_number, Last, Asks) || Last <- bench:collect(?ASKERS)],
    Answerer ! stop,
    bench:await_end([Answerer]).

main() ->
    Asks = bench:scaled(100),
    bench:measure("ask_many", "", ?ASKERS * Asks, fun() -> play(Asks) end).
