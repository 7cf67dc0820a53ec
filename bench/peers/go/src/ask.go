// Asks of one actor, one after the other: the reply is the number asked with, and one.
package main

const askRoom = 64

type question struct {
	reply  chan<- int
	number int
}

// Answers until the mailbox is closed.
func answerer(mailbox <-chan question, ended chan<- struct{}) {
	for question := range mailbox {
		question.reply <- question.number + 1
	}
	close(ended)
}

// Asks so many times, each time with the last reply, and tells the last.
func asker(asks int, to chan<- question, result chan<- int) {
	reply, number := make(chan int, 1), 0
	for i := 0; i < asks; i++ {
		to <- question{reply, number}
		number = <-reply
	}
	result <- number
}

// Has so many askers ask at once.
func playAsk(askers, asks int) error {
	mailbox, ended := make(chan question, askRoom), make(chan struct{})
	result := make(chan int, askers)
	go answerer(mailbox, ended)
	for i := 0; i < askers; i++ {
		go asker(asks, mailbox, result)
	}
	var wrong error
	for i := 0; i < askers; i++ {
		if err := check("last number", <-result, asks); err != nil {
			wrong = err
		}
	}
	close(mailbox)
	<-ended
	return wrong
}

func ask() error {
	asks := scaled(100_000)
	return row{name: "ask", operations: asks,
		run: func() error { return playAsk(1, asks) }}.measure()
}
