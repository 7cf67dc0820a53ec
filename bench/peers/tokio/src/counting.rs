//! Savina's counting: a producer sends increments to a counter, then asks it for the count.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::oneshot;

use crate::bench::{check, end_of, receive, send, Bench, Outcome, Row};

const ROOM: usize = 1024;

enum Message {
    Increment,
    Ask(oneshot::Sender<usize>),
}

async fn counter(mut mailbox: Receiver<Message>) {
    let mut count = 0;
    while let Some(message) = receive(&mut mailbox).await {
        match message {
            Message::Increment => count += 1,
            Message::Ask(reply) => drop(reply.send(count)),
        }
    }
}

async fn producer(counter: Sender<Message>, increments: usize) -> Option<usize> {
    for _ in 0..increments {
        send(&counter, Message::Increment).await;
    }
    let (reply, count) = oneshot::channel();
    send(&counter, Message::Ask(reply)).await;
    count.await.ok()
}

async fn play(increments: usize) -> Outcome {
    let (to, mailbox) = channel(ROOM);
    let counter = spawn(counter(mailbox));
    let count = end_of(spawn(producer(to, increments))).await;
    end_of(counter).await;
    check("count", count, Some(increments))
}

pub fn measure(bench: &Bench) -> Outcome {
    let increments = bench.scaled(1_000_000);
    let row = Row { name: "counting", variant: "", operations: increments };
    bench.measure(row, || play(increments))
}
