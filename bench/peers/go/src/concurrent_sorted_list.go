// Savina's concurrent sorted linked list: one actor owns the list, twenty workers use it.
package main

import "errors"

const (
	listWorkers = 20
	listNumbers = 10_000_000
)

type listNode struct {
	next  *listNode
	value int
}

type sortedList struct {
	first *listNode
	size  int
}

// The place in the list before which no number is as large as the value.
func (l *sortedList) find(value int) **listNode {
	place := &l.first
	for node := l.first; node != nil && node.value < value; node = *place {
		place = &node.next
	}
	return place
}

func (l *sortedList) insert(value int) {
	place := l.find(value)
	*place = &listNode{next: *place, value: value}
	l.size++
}

func (l *sortedList) contains(value int) bool {
	node := *l.find(value)
	return node != nil && node.value == value
}

// Whether the numbers ascend, and are as many as the size says.
func (l *sortedList) sound() bool {
	count := 0
	for node := l.first; node != nil; node = node.next {
		if node.next != nil && node.next.value < node.value {
			return false
		}
		count++
	}
	return count == l.size
}

const (
	listSize = iota
	listInsert
	listContains
)

type listRequest struct {
	reply chan<- int
	value int32
	kind  uint8
}

func (l *sortedList) serve(request listRequest) int {
	switch request.kind {
	case listSize:
		return l.size
	case listInsert:
		l.insert(int(request.value))
	case listContains:
		if l.contains(int(request.value)) {
			return 1
		}
	}
	return 0
}

// Serves requests until the mailbox is closed, then gives the list away.
func listOwner(mailbox <-chan listRequest, result chan<- *sortedList) {
	list := &sortedList{}
	for request := range mailbox {
		request.reply <- list.serve(request)
	}
	result <- list
}

// 1 in 100 asks for the size, 10 insert, the rest look up.
func listKind(r *random) uint8 {
	switch draw := r.below(100); {
	case draw < 1:
		return listSize
	case draw < 11:
		return listInsert
	}
	return listContains
}

// Sends requests one after the other, and tells how many inserts there were.
func listWorker(number, requests int, owner chan<- listRequest, inserts chan<- int) {
	random, reply, count := newRandom(number), make(chan int, 1), 0
	for i := 0; i < requests; i++ {
		kind := listKind(&random)
		if kind == listInsert {
			count++
		}
		owner <- listRequest{reply: reply, value: int32(random.below(listNumbers)), kind: kind}
		<-reply
	}
	inserts <- count
}

func playList(requests int) error {
	owner, result := make(chan listRequest, listWorkers), make(chan *sortedList, 1)
	inserts := make(chan int, listWorkers)
	go listOwner(owner, result)
	for i := 0; i < listWorkers; i++ {
		go listWorker(i, requests, owner, inserts)
	}
	made := 0
	for i := 0; i < listWorkers; i++ {
		made += <-inserts
	}
	close(owner)
	list := <-result
	if !list.sound() {
		return errors.New("the list is not sorted")
	}
	return check("length of the list", list.size, made)
}

func concurrentSortedList() error {
	requests := scaled(8_000)
	return row{name: "concurrent_sorted_list", operations: listWorkers * requests,
		run: func() error { return playList(requests) }}.measure()
}
