%% Fan-in: eight actors send to one, which sees that the messages of each come in order.
-module(program_fan_in).
-export([main/0]).

-define(SENDERS, 8).

send(Number, Last, Last, To) -> To ! {Number, Last};
send(Number, Next, Last, To) ->
    To ! {Number, Next},
    send(Number, Next + 1, Last, To).

%% Expected are the next message of each sender, by its number.
receive_all(0, Expected, Main) -> Main ! {result, tuple_to_list(Expected)};
receive_all(Left, Expected, Main) ->
    receive {Number, Value} ->
        Value = element(Number, Expected),
        receive_all(Left - 1, setelement(Number, Expected, Value + 1), Main)
    end.

play(Each) ->
    Main = self(),
    Numbers = lists:seq(1, ?SENDERS),
    Receiver = spawn_opt(fun() ->
        receive_all(?SENDERS * Each, erlang:make_tuple(?SENDERS, 1), Main)
    end, [link, {message_queue_data, off_heap}]),
    [spawn(fun() -> send(Number, 1, Each, Receiver) end) || Number <- Numbers],
    [Next] = bench:collect(1),
    bench:check(next_messages, Next, [Each + 1 || _ <- Numbers]).

main() ->
    Each = bench:scaled(125000),
    bench:measure("fan_in", "", ?SENDERS * Each, fun() -> play(Each) end).
