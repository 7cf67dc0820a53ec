%% Savina's logistic map: ten workers ask a computer each for the terms of a series, one by one, as a
%% master tells them. A worker's mailbox grows long, and is kept out of what is collected as garbage.
-module(program_logistic_map).
-export([main/0]).

-define(SERIES, 10).
-define(STEP, 0.0025).

rate(Series) -> 3.46 + ?STEP * Series.

computer(Rate) ->
    receive
        {next, Term, From, Tag} ->
            From ! {Tag, Rate * Term * (1 - Term)},
            computer(Rate);
        stop ->
            ok
    end.

worker(Term, Computer) ->
    receive
        next ->
            Tag = make_ref(),
            Computer ! {next, Term, self(), Tag},
            receive {Tag, Next} -> worker(Next, Computer) end;
        {last, Master} ->
            Computer ! stop,
            Master ! {term, self(), Term}
    end.

tell(0, _Workers) -> ok;
tell(Terms, Workers) ->
    [Worker ! next || Worker <- Workers],
    tell(Terms - 1, Workers).

%% The last terms are added up in the order of their series.
master(Terms, Workers, Main) ->
    tell(Terms, Workers),
    [Worker ! {last, self()} || Worker <- Workers],
    Last = [receive {term, Worker, Term} -> Term end || Worker <- Workers],
    Main ! {result, lists:foldl(fun(Term, Sum) -> Sum + Term end, 0.0, Last)}.

in_a_loop(0, _Rate, Term) -> Term;
in_a_loop(Terms, Rate, Term) -> in_a_loop(Terms - 1, Rate, Rate * Term * (1 - Term)).

spawn_worker(Series) ->
    Rate = rate(Series),
    Computer = spawn(fun() -> computer(Rate) end),
    spawn_opt(fun() -> worker(Rate * ?STEP, Computer) end, [{message_queue_data, off_heap}]).

play(Terms, Wanted) ->
    Main = self(),
    spawn(fun() ->
        master(Terms, [spawn_worker(Series) || Series <- lists:seq(0, ?SERIES - 1)], Main)
    end),
    [Sum] = bench:collect(1),
    bench:check(sum_of_the_last_terms, Sum, Wanted).

main() ->
    Terms = bench:scaled(25000),
    Last = [in_a_loop(Terms, rate(Series), rate(Series) * ?STEP)
            || Series <- lists:seq(0, ?SERIES - 1)],
    Wanted = lists:foldl(fun(Term, Sum) -> Sum + Term end, 0.0, Last),
    bench:measure("logistic_map", "", ?SERIES * Terms, fun() -> play(Terms, Wanted) end).
