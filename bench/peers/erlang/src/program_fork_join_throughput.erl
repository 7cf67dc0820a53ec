%% Savina's fork join, throughput: a sender sends messages to sixty actors, one to each in turn.
-module(program_fork_join_throughput).
-export([main/0]).

-define(ACTORS, 60).

worker(Count) ->
    receive
        {work, Angle} ->
            Sine = math:sin(Angle),
            true = Sine * Sine > 0,
            worker(Count + 1);
        {stop, From} -> From ! {result, Count}
    end.

send_rounds(0, _Workers) -> ok;
send_rounds(Rounds, Workers) ->
    send_all(Workers),
    send_rounds(Rounds - 1, Workers).

send_all([]) -> ok;
send_all([Worker | Rest]) ->
    Worker ! {work, 37.2},
    send_all(Rest).

play(Rounds) ->
    Workers = [spawn_opt(fun() -> worker(0) end, [link, {message_queue_data, off_heap}])
               || _ <- lists:seq(1, ?ACTORS)],
    send_rounds(Rounds, Workers),
    [Worker ! {stop, self()} || Worker <- Workers],
    [bench:check(messages, Count, Rounds) || Count <- bench:collect(?ACTORS)].

main() ->
    Rounds = bench:scaled(10000),
    bench:measure("fork_join_throughput", "", ?ACTORS * Rounds, fun() -> play(Rounds) end).
