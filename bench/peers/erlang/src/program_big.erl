%% Savina's big: each of many actors sends pings to others, at random, and answers theirs.
-module(program_big).
-export([main/0]).

-define(ACTORS, 120).

%% Handles messages until it is told to stop; says when it has had its last pong.
actor(Left, Pings, Pongs, Random, Actors, Main) ->
    receive
        pong when Left =:= 0 ->
            Main ! done,
            actor(Left, Pings, Pongs + 1, Random, Actors, Main);
        pong ->
            actor(Left - 1, Pings, Pongs + 1, ping(Random, Actors), Actors, Main);
        {ping, From} ->
            From ! pong,
            actor(Left, Pings + 1, Pongs, Random, Actors, Main);
        stop ->
            Main ! {result, {Pings, Pongs}}
    end.

ping(Random, Actors) ->
    element(bench:below(?ACTORS, Random) + 1, Actors) ! {ping, self()},
    bench:next(Random).

begin_with(Number, Pings, Main) ->
    receive
        {actors, Actors} ->
            Random = ping(bench:random(Number), Actors),
            actor(Pings - 1, 0, 0, Random, Actors, Main)
    end.

play(Pings) ->
    Main = self(),
    List = [spawn(fun() -> begin_with(Number, Pings, Main) end)
            || Number <- lists:seq(0, ?ACTORS - 1)],
    Actors = list_to_tuple(List),
    [Actor ! {actors, Actors} || Actor <- List],
    [receive done -> ok end || _ <- List],
    [Actor ! stop || Actor <- List],
    {PingsSeen, PongsSeen} = lists:unzip(bench:collect(?ACTORS)),
    bench:check(pings, lists:sum(PingsSeen), ?ACTORS * Pings),
    bench:check(pongs, lists:sum(PongsSeen), ?ACTORS * Pings).

main() ->
    Pings = bench:scaled(20000),
    bench:measure("big", "", 2 * ?ACTORS * Pings, fun() -> play(Pings) end).
