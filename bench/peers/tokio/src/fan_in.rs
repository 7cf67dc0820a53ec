//! Fan in: eight actors send messages to one, which sees that those of each come in order.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, end_of, receive, send, Bench, Outcome, Row};

const SENDERS: usize = 8;
const ROOM: usize = 1024;

struct Message {
    sender: usize,
    number: usize,
}

async fn sender(number: usize, messages: usize, to: Sender<Message>) {
    for i in 0..messages {
        send(&to, Message { sender: number, number: i }).await;
    }
}

/// Reports how many messages of each sender came when they were due.
async fn receiver(mut mailbox: Receiver<Message>) -> [usize; SENDERS] {
    let mut due = [0; SENDERS];
    while let Some(message) = receive(&mut mailbox).await {
        if message.number == due[message.sender] {
            due[message.sender] += 1;
        }
    }
    due
}

async fn play(messages: usize) -> Outcome {
    let (to, mailbox) = channel(ROOM);
    let receiver = spawn(receiver(mailbox));
    for number in 0..SENDERS {
        spawn(sender(number, messages, to.clone()));
    }
    drop(to);
    check("messages in order", end_of(receiver).await, [messages; SENDERS])
}

pub fn measure(bench: &Bench) -> Outcome {
    let messages = bench.scaled(125_000);
    let row = Row { name: "fan_in", variant: "", operations: SENDERS * messages };
    bench.measure(row, || play(messages))
}
