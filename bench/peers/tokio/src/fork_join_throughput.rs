//! Savina's fork join (throughput): a sender sends messages to sixty actors, round robin, and each
//! message makes its actor compute a sine.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, ends_of, receive, send, Bench, Outcome, Row};

const ACTORS: usize = 60;
const ROOM: usize = 1024;

pub const ARGUMENT: f64 = 37.2;

/// What an actor of the two fork join programs does for a message.
pub fn squared_sine(x: f64) {
    let sine = x.sin();
    assert!(sine * sine > 0.0, "the square of the sine is not above 0");
}

async fn actor(mut mailbox: Receiver<f64>) -> usize {
    let mut count = 0;
    while let Some(x) = receive(&mut mailbox).await {
        squared_sine(x);
        count += 1;
    }
    count
}

async fn sender(actors: Vec<Sender<f64>>, messages: usize) {
    for _ in 0..messages {
        for actor in &actors {
            send(actor, ARGUMENT).await;
        }
    }
}

async fn play(messages: usize) -> Outcome {
    let (to, mailboxes): (Vec<_>, Vec<_>) = (0..ACTORS).map(|_| channel(ROOM)).unzip();
    let actors = mailboxes.into_iter().map(|mailbox| spawn(actor(mailbox))).collect();
    spawn(sender(to, messages));
    check("messages seen", ends_of(actors).await, vec![messages; ACTORS])
}

pub fn measure(bench: &Bench) -> Outcome {
    let messages = bench.scaled(10_000);
    let row = Row { name: "fork_join_throughput", variant: "", operations: ACTORS * messages };
    bench.measure(row, || play(messages))
}
