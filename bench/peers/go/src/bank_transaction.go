// Savina's bank transaction: a teller sends transactions between a thousand accounts.
//
// The teller's mailbox has room for all replies: it sends every transaction before it reads one, and
// accounts that waited for it could not take the transactions it waits to send. Accounts only wait for
// those with a higher number, so that they cannot wait for each other in a circle.
package main

const (
	bankAccounts = 1_000
	bankRoom     = 16
	bankBalance  = 1_000_000
	bankAmount   = 1_000
)

// A transaction to carry out, or, where it names a reply, an amount to take.
type bankMessage struct {
	reply  chan<- bankReply
	to     int32
	amount int32
}

type bankReply bool

type account struct {
	accounts []chan bankMessage
	mailbox  chan bankMessage
	replies  chan bankReply
	balance  int
}

// Has the destination take the amount, and handles nothing else until it has.
func (a *account) transfer(message bankMessage) bankReply {
	a.accounts[message.to] <- bankMessage{reply: a.replies, amount: message.amount}
	taken := <-a.replies
	if taken {
		a.balance -= int(message.amount)
	}
	return taken
}

// Serves until the mailbox is closed, then tells its balance.
func (a *account) run(teller chan<- bankReply, balances chan<- int) {
	for message := range a.mailbox {
		if message.reply == nil {
			teller <- a.transfer(message)
			continue
		}
		a.balance += int(message.amount)
		message.reply <- true
	}
	balances <- a.balance
}

// Sends all transactions, and tells how many were carried out.
func teller(transactions int, accounts []chan bankMessage, mailbox <-chan bankReply, result chan<- int) {
	random := newRandom(bankAccounts)
	for i := 0; i < transactions; i++ {
		from := random.below(bankAccounts - 1)
		to := from + 1 + random.below(bankAccounts-1-from)
		accounts[from] <- bankMessage{to: int32(to), amount: int32(random.below(bankAmount))}
	}
	done := 0
	for i := 0; i < transactions; i++ {
		if <-mailbox {
			done++
		}
	}
	for _, account := range accounts {
		close(account)
	}
	result <- done
}

func startAccounts(accounts []chan bankMessage, replies chan<- bankReply, balances chan<- int) {
	for i := range accounts {
		accounts[i] = make(chan bankMessage, bankRoom)
		a := &account{
			accounts: accounts,
			mailbox:  accounts[i],
			replies:  make(chan bankReply, 1),
			balance:  bankBalance,
		}
		go a.run(replies, balances)
	}
}

func playBank(transactions int) error {
	accounts := make([]chan bankMessage, bankAccounts)
	replies, result := make(chan bankReply, transactions), make(chan int, 1)
	balances := make(chan int, bankAccounts)
	startAccounts(accounts, replies, balances)
	go teller(transactions, accounts, replies, result)
	if err := check("replies", <-result, transactions); err != nil {
		return err
	}
	sum := 0
	for range accounts {
		sum += <-balances
	}
	return check("sum of the balances", sum, bankAccounts*bankBalance)
}

func bankTransaction() error {
	transactions := scaled(50_000)
	return row{name: "bank_transaction", operations: transactions,
		run: func() error { return playBank(transactions) }}.measure()
}
