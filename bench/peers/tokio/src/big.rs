//! Savina's big: each of many actors sends pings to others, at random, and answers theirs.
//!
//! An actor has one ping under way at a time: a mailbox never holds more than one of each actor, the
//! one pong, and the end. With room for these nobody waits in a send, so that two cannot wait for each
//! other.

use std::sync::Arc;

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, ends_of, send, Bench, Outcome, Row};
use crate::random::Random;

const ACTORS: usize = 120;
const ROOM: usize = ACTORS + 2;

enum Message {
    Ping { from: usize },
    Pong,
    End,
}

/// An actor has had its last pong.
struct Done;

struct Actor {
    number: usize,
    actors: Arc<[Sender<Message>]>,
    left: usize, // pings to send
    random: Random,
    pings: usize, // that it has got
    pongs: usize,
}

impl Actor {
    async fn ping_or(&mut self, done: &Sender<Done>) {
        if self.left == 0 {
            return send(done, Done).await;
        }
        self.left -= 1;
        let to = self.random.below(ACTORS);
        send(&self.actors[to], Message::Ping { from: self.number }).await;
    }

    /// Handles messages until told to end; reports the pings and pongs it has got.
    async fn run(mut self, mut mailbox: Receiver<Message>, done: Sender<Done>) -> (usize, usize) {
        self.ping_or(&done).await;
        while let Some(message) = mailbox.recv().await {
            match message {
                Message::Ping { from } => {
                    self.pings += 1;
                    send(&self.actors[from], Message::Pong).await;
                }
                Message::Pong => {
                    self.pongs += 1;
                    self.ping_or(&done).await;
                }
                Message::End => break,
            }
        }
        (self.pings, self.pongs)
    }
}

async fn play(pings: usize) -> Outcome {
    let (done, mut all_done) = channel(ACTORS);
    let (to, mailboxes): (Vec<_>, Vec<_>) = (0..ACTORS).map(|_| channel(ROOM)).unzip();
    let to: Arc<[_]> = to.into();
    let actors = mailboxes.into_iter().enumerate().map(|(number, mailbox)| {
        let random = Random::new(number);
        let actor = Actor { number, actors: to.clone(), left: pings, random, pings: 0, pongs: 0 };
        spawn(actor.run(mailbox, done.clone()))
    });
    let actors = actors.collect();
    for _ in 0..ACTORS {
        all_done.recv().await;
    }
    for actor in to.iter() {
        send(actor, Message::End).await;
    }
    let (pings_got, pongs_got): (Vec<_>, Vec<_>) = ends_of(actors).await.into_iter().unzip();
    check("pings", pings_got.iter().sum(), ACTORS * pings)?;
    check("pongs", pongs_got.iter().sum(), ACTORS * pings)
}

pub fn measure(bench: &Bench) -> Outcome {
    let pings = bench.scaled(20_000);
    let row = Row { name: "big", variant: "", operations: 2 * ACTORS * pings };
    bench.measure(row, || play(pings))
}
