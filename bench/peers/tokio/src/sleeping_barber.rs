//! Savina's sleeping barber: a factory sends customers to a waiting room, a barber cuts their hair.
//!
//!     factory --Enter--> room --Customer--> barber --Done--> customer --Served--> factory
//!             <-Full----      <-----Free---
//!
//! The factory's mailbox has room for one message of each customer, so that neither the room nor a
//! customer ever waits for the factory, which may itself be waiting for the room. The room's has little:
//! a full room sends back all that its mailbox held before the barber has its turn. The factory lets
//! others have theirs after each customer, so that on one thread few are sent back.

use std::collections::VecDeque;

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::task::yield_now;

use crate::bench::{check, end_of, send, Bench, Outcome, Row};
use crate::random::Random;

const SEATS: usize = 1_000;
const ROOM: usize = 2;
const FACTORY_NUMBER: usize = 1;
const BARBER_NUMBER: usize = 2;

/// A customer is known by its mailbox.
type Customer = Sender<Done>;

/// What a customer is told.
struct Done;

enum ToRoom {
    Enter(Customer),
    Free,
    DayOver,
}

enum ToFactory {
    Full(Customer),
    Served,
}

enum ToBarber {
    Customer(Customer),
    Sleep,
}

async fn customer(mut mailbox: Receiver<Done>, factory: Sender<ToFactory>) {
    if mailbox.recv().await.is_some() {
        send(&factory, ToFactory::Served).await;
    }
}

/// Sends all customers, then again those sent back, until each has had its haircut; reports how many.
async fn factory(
    customers: usize,
    works: bool,
    this: Sender<ToFactory>,
    mut mailbox: Receiver<ToFactory>,
    room: Sender<ToRoom>,
) -> usize {
    let (mut random, mut haircuts) = (Random::new(FACTORY_NUMBER), 0);
    for _ in 0..customers {
        let (to, mailbox) = channel(1);
        spawn(customer(mailbox, this.clone()));
        send(&room, ToRoom::Enter(to)).await;
        if works {
            random.work();
        }
        yield_now().await;
    }
    while haircuts < customers {
        match mailbox.recv().await {
            Some(ToFactory::Full(customer)) => send(&room, ToRoom::Enter(customer)).await,
            Some(ToFactory::Served) => haircuts += 1,
            None => break,
        }
    }
    send(&room, ToRoom::DayOver).await;
    haircuts
}

struct WaitingRoom {
    seats: VecDeque<Customer>,
    asleep: bool, // whether the barber was told to sleep
    factory: Sender<ToFactory>,
    barber: Sender<ToBarber>,
}

impl WaitingRoom {
    /// Sends the barber the next customer, or to sleep.
    async fn send_next(&mut self) {
        let next = self.seats.pop_front();
        self.asleep = next.is_none();
        send(&self.barber, next.map_or(ToBarber::Sleep, ToBarber::Customer)).await;
    }

    async fn enter(&mut self, customer: Customer) {
        if self.seats.len() == SEATS {
            return send(&self.factory, ToFactory::Full(customer)).await;
        }
        self.seats.push_back(customer);
        if self.asleep {
            self.send_next().await;
        }
    }

    /// Goes on until the day is over and the barber, who may still have to say that it is free, sleeps.
    async fn run(mut self, mut mailbox: Receiver<ToRoom>) {
        let mut over = false;
        while !over || !self.asleep {
            match mailbox.recv().await {
                Some(ToRoom::Enter(customer)) => self.enter(customer).await,
                Some(ToRoom::Free) => self.send_next().await,
                Some(ToRoom::DayOver) | None => over = true,
            }
        }
    }
}

async fn barber(works: bool, mut mailbox: Receiver<ToBarber>, room: Sender<ToRoom>) {
    let mut random = Random::new(BARBER_NUMBER);
    while let Some(message) = mailbox.recv().await {
        if let ToBarber::Customer(customer) = message {
            if works {
                random.work();
            }
            send(&customer, Done).await;
            send(&room, ToRoom::Free).await;
        }
    }
}

async fn play(customers: usize, works: bool) -> Outcome {
    let (to_factory, factory_mailbox) = channel(customers);
    let (to_room, room_mailbox) = channel(ROOM);
    let (to_barber, barber_mailbox) = channel(2);
    let seats = VecDeque::with_capacity(SEATS);
    let room = WaitingRoom { seats, asleep: true, factory: to_factory.clone(), barber: to_barber };
    spawn(room.run(room_mailbox));
    let barber = spawn(barber(works, barber_mailbox, to_room.clone()));
    let factory = spawn(factory(customers, works, to_factory, factory_mailbox, to_room));
    let haircuts = end_of(factory).await;
    end_of(barber).await;
    check("haircuts", haircuts, customers)
}

pub fn measure(bench: &Bench) -> Outcome {
    let customers = bench.scaled(5_000);
    for (variant, works) in [("", true), ("no cost", false)] {
        let row = Row { name: "sleeping_barber", variant, operations: customers };
        bench.measure(row, || play(customers, works))?;
    }
    Ok(())
}
