//! Asks of one actor, one after the other: the reply is the number asked with, and one.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::oneshot;

use crate::bench::{check, end_of, ends_of, send, Bench, Outcome, Row};

const ROOM: usize = 64;

struct Question {
    number: usize,
    reply: oneshot::Sender<usize>,
}

async fn answerer(mut mailbox: Receiver<Question>) {
    while let Some(Question { number, reply }) = mailbox.recv().await {
        let _ = reply.send(number + 1);
    }
}

/// Asks so many times, each time with the last reply, and reports the last.
async fn asker(asks: usize, to: Sender<Question>) -> usize {
    let mut number = 0;
    for _ in 0..asks {
        let (reply, answer) = oneshot::channel();
        send(&to, Question { number, reply }).await;
        number = answer.await.unwrap_or(0);
    }
    number
}

/// Has so many askers ask at once.
pub async fn play(askers: usize, asks: usize) -> Outcome {
    let (to, mailbox) = channel(ROOM);
    let answerer = spawn(answerer(mailbox));
    let askers = (0..askers).map(|_| spawn(asker(asks, to.clone()))).collect();
    drop(to);
    let last = ends_of(askers).await;
    end_of(answerer).await;
    last.into_iter().try_for_each(|number| check("last number", number, asks))
}

pub fn measure(bench: &Bench) -> Outcome {
    let asks = bench.scaled(100_000);
    let row = Row { name: "ask", variant: "", operations: asks };
    bench.measure(row, || play(1, asks))
}
