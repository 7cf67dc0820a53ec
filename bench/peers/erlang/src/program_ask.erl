%% Asks of one actor, one after the other: the asker waits for each reply.
-module(program_ask).
-export([main/0, answerer/0, ask/3]).

answerer() ->
    receive
        {ask, Number, From, Tag} -> From ! {Tag, Number + 1}, answerer();
        stop -> ok
    end.

%% Asks so often, beginning with a number; the last reply.
ask(0, Number, _Answerer) -> Number;
ask(Asks, Number, Answerer) ->
    Tag = make_ref(),
    Answerer ! {ask, Number, self(), Tag},
    receive {Tag, Next} -> ask(Asks - 1, Next, Answerer) end.

play(Asks) ->
    Main = self(),
    Answerer = spawn(fun answerer/0),
    spawn(fun() -> Main ! {result, ask(Asks, 0, Answerer)} end),
    bench:check(last_number, bench:collect_sum(1), Asks),
    Answerer ! stop,
    bench:await_end([Answerer]).

main() ->
    Asks = bench:scaled(100000),
    bench:measure("ask", "", Asks, fun() -> play(Asks) end).
