//! Savina's bank transaction: a teller sends transactions between a thousand accounts.
//!
//! The teller's mailbox has room for all replies: it sends every transaction before it reads one, and
//! accounts that waited for it could not take the transactions it waits to send. Accounts only wait for
//! those with a higher number, so that they cannot wait for each other in a circle.

use std::sync::Arc;

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::oneshot;

use crate::bench::{check, end_of, ends_of, send, Bench, Outcome, Row};
use crate::random::Random;

const ACCOUNTS: usize = 1_000;
const ROOM: usize = 16;
const BALANCE: i64 = 1_000_000;
const AMOUNT: usize = 1_000;

/// What an account is told.
enum Message {
    Transfer { to: usize, amount: i64 },
    Take { amount: i64, reply: oneshot::Sender<Taken> },
    Close,
}

/// What an account that took an amount replies, and what the teller is told.
struct Taken;
struct Done;

type Accounts = Arc<[Sender<Message>]>;

/// Serves until it is closed, and reports its balance.
async fn account(accounts: Accounts, mut mailbox: Receiver<Message>, teller: Sender<Done>) -> i64 {
    let mut balance = BALANCE;
    while let Some(message) = mailbox.recv().await {
        match message {
            Message::Transfer { to, amount } => {
                let (reply, taken) = oneshot::channel();
                send(&accounts[to], Message::Take { amount, reply }).await;
                if let Ok(Taken) = taken.await {
                    balance -= amount;
                    send(&teller, Done).await;
                }
            }
            Message::Take { amount, reply } => {
                balance += amount;
                let _ = reply.send(Taken);
            }
            Message::Close => break,
        }
    }
    balance
}

/// Sends all transactions, waits for their replies and closes the accounts; reports how many replies.
async fn teller(transactions: usize, accounts: Accounts, mut mailbox: Receiver<Done>) -> usize {
    let mut random = Random::new(ACCOUNTS);
    for _ in 0..transactions {
        let from = random.below(ACCOUNTS - 1);
        let to = from + 1 + random.below(ACCOUNTS - 1 - from);
        let amount = random.below(AMOUNT) as i64;
        send(&accounts[from], Message::Transfer { to, amount }).await;
    }
    let mut replies = 0;
    while replies < transactions && mailbox.recv().await.is_some() {
        replies += 1;
    }
    for account in accounts.iter() {
        send(account, Message::Close).await;
    }
    replies
}

async fn play(transactions: usize) -> Outcome {
    let (to_teller, replies) = channel(transactions);
    let (to, mailboxes): (Vec<_>, Vec<_>) = (0..ACCOUNTS).map(|_| channel(ROOM)).unzip();
    let to: Accounts = to.into();
    let accounts = mailboxes.into_iter();
    let accounts = accounts.map(|mailbox| spawn(account(to.clone(), mailbox, to_teller.clone())));
    let accounts = accounts.collect();
    let replies = end_of(spawn(teller(transactions, to, replies))).await;
    let balances = ends_of(accounts).await.iter().sum();
    check("replies", replies, transactions)?;
    check("sum of the balances", balances, ACCOUNTS as i64 * BALANCE)
}

pub fn measure(bench: &Bench) -> Outcome {
    let transactions = bench.scaled(50_000);
    let row = Row { name: "bank_transaction", variant: "", operations: transactions };
    bench.measure(row, || play(transactions))
}
