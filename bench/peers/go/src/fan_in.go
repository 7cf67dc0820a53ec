// Fan in: eight actors send messages to one, which sees that those of each come in order.
package main

import "errors"

const (
	fanSenders = 8
	fanRoom    = 1024
)

type fanMessage struct {
	sender int32
	number int32
}

func fanSender(sender, messages int, to chan<- fanMessage) {
	for i := 0; i < messages; i++ {
		to <- fanMessage{int32(sender), int32(i)}
	}
}

// Takes all messages; says whether each was the one due of its sender.
func fanReceiver(messages int, mailbox <-chan fanMessage, result chan<- bool) {
	var due [fanSenders]int32
	right := true
	for i := 0; i < fanSenders*messages; i++ {
		message := <-mailbox
		right = right && message.number == due[message.sender]
		due[message.sender]++
	}
	result <- right
}

func playFanIn(messages int) error {
	mailbox, result := make(chan fanMessage, fanRoom), make(chan bool, 1)
	go fanReceiver(messages, mailbox, result)
	for i := 0; i < fanSenders; i++ {
		go fanSender(i, messages, mailbox)
	}
	if !<-result {
		return errors.New("messages of a sender are not in order")
	}
	return nil
}

func fanIn() error {
	messages := scaled(125_000)
	return row{name: "fan_in", operations: fanSenders * messages,
		run: func() error { return playFanIn(messages) }}.measure()
}
