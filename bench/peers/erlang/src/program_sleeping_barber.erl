%% Savina's sleeping barber: a factory sends customers to a waiting room, a barber cuts their hair.
%%
%%     factory --enter--> room --customer--> barber --done--> customer --done--> factory
%%             <-returned--    <----free----
%%
%% The factory yields before it sends a customer again: what the barber says would else stand behind
%% all those who are sent back and forth.
-module(program_sleeping_barber).
-export([main/0]).

-define(SEATS, 1000).
-define(FACTORY, 1).
-define(BARBER, 2).

work(true, Random) -> bench:work(Random);
work(false, Random) -> Random.

customer(Factory) -> receive done -> Factory ! done end.

send_customers(0, _Room, _Works, _Random) -> ok;
send_customers(Left, Room, Works, Random) ->
    Factory = self(),
    Room ! {enter, spawn(fun() -> customer(Factory) end), Factory},
    send_customers(Left - 1, Room, Works, work(Works, Random)).

%% Sends those sent back again, until each has had its haircut.
factory(Haircuts, Haircuts, Room, Main) ->
    Room ! over,
    Main ! {result, Haircuts};
factory(Customers, Haircuts, Room, Main) ->
    receive
        {returned, Customer} ->
            erlang:yield(),
            Room ! {enter, Customer, self()},
            factory(Customers, Haircuts, Room, Main);
        done ->
            factory(Customers, Haircuts + 1, Room, Main)
    end.

room(Seats, Taken, Asleep, Barber) ->
    receive
        {enter, Customer, Factory} when Taken =:= ?SEATS ->
            Factory ! {returned, Customer},
            room(Seats, Taken, Asleep, Barber);
        {enter, Customer, _Factory} when Asleep ->
            Barber ! {customer, Customer},
            room(Seats, Taken, false, Barber);
        {enter, Customer, _Factory} ->
            room(queue:in(Customer, Seats), Taken + 1, false, Barber);
        free when Taken =:= 0 ->
            Barber ! sleep,
            room(Seats, Taken, true, Barber);
        free ->
            {{value, Customer}, Rest} = queue:out(Seats),
            Barber ! {customer, Customer},
            room(Rest, Taken - 1, false, Barber);
        over when Asleep ->
            Barber ! stop;
        over ->
            receive free -> Barber ! stop end
    end.

barber(Room, Works, Random, Main) ->
    receive
        sleep ->
            barber(Room, Works, Random, Main);
        {customer, Customer} ->
            Drawn = work(Works, Random),
            Customer ! done,
            Room ! free,
            barber(Room, Works, Drawn, Main);
        stop ->
            Main ! ended
    end.

play(Customers, Works) ->
    Main = self(),
    Room = spawn(fun() ->
        Self = self(),
        Barber = spawn(fun() -> barber(Self, Works, bench:random(?BARBER), Main) end),
        room(queue:new(), 0, true, Barber)
    end),
    spawn(fun() ->
        send_customers(Customers, Room, Works, bench:random(?FACTORY)),
        factory(Customers, 0, Room, Main)
    end),
    bench:check(haircuts, bench:collect_sum(1), Customers),
    receive ended -> ok end.

main() ->
    Customers = bench:scaled(5000),
    bench:measure("sleeping_barber", "", Customers, fun() -> play(Customers, true) end),
    bench:measure("sleeping_barber", "no cost", Customers, fun() -> play(Customers, false) end).
