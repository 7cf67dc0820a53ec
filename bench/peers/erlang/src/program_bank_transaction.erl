%% Savina's bank transaction: a teller sends transactions between a thousand accounts.
-module(program_bank_transaction).
-export([main/0]).

-define(ACCOUNTS, 1000).
-define(BALANCE, 1000000).
-define(AMOUNT, 1000).

%% While it waits for the destination an account handles nothing else.
account(Balance) ->
    receive
        {transfer, To, Amount, Teller} ->
            Tag = make_ref(),
            To ! {take, Amount, self(), Tag},
            receive {Tag, taken} -> ok end,
            Teller ! done,
            account(Balance - Amount);
        {take, Amount, From, Tag} ->
            From ! {Tag, taken},
            account(Balance + Amount);
        {balance, From} ->
            From ! {result, Balance}
    end.

send_all(0, _Accounts, _Random) -> ok;
send_all(Transactions, Accounts, Random0) ->
    Random1 = bench:next(Random0),
    Random2 = bench:next(Random1),
    Random3 = bench:next(Random2),
    From = bench:below(?ACCOUNTS - 1, Random1),
    To = From + 1 + bench:below(?ACCOUNTS - 1 - From, Random2),
    element(From + 1, Accounts) !
        {transfer, element(To + 1, Accounts), bench:below(?AMOUNT, Random3), self()},
    send_all(Transactions - 1, Accounts, Random3).

count_replies(0, Count) -> Count;
count_replies(Left, Count) -> receive done -> count_replies(Left - 1, Count + 1) end.

teller(Transactions, Accounts, Main) ->
    send_all(Transactions, Accounts, bench:random(?ACCOUNTS)),
    Main ! {result, count_replies(Transactions, 0)}.

play(Transactions) ->
    Main = self(),
    Accounts = [spawn_opt(fun() -> account(?BALANCE) end, [{message_queue_data, off_heap}])
                || _ <- lists:seq(1, ?ACCOUNTS)],
    spawn(fun() -> teller(Transactions, list_to_tuple(Accounts), Main) end),
    bench:check(replies, bench:collect_sum(1), Transactions),
    [Account ! {balance, Main} || Account <- Accounts],
    bench:check(sum_of_the_balances, bench:collect_sum(?ACCOUNTS), ?ACCOUNTS * ?BALANCE).

main() ->
    Transactions = bench:scaled(50000),
    bench:measure("bank_transaction", "", Transactions, fun() -> play(Transactions) end).
