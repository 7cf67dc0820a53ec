// Savina's concurrent sorted linked list: one actor owns the list, twenty workers use it.
package main

import "math"

const (
	listWorkers = 20
	listNumbers = 10_000_000
)

type listNode struct {
	number uint32
	next   uint32 // its place
}

// Nodes lie in the order in which they were put in. The list begins and ends at the first, whose number
// is above all others.
type sortedList []listNode

func newSortedList() sortedList {
	return sortedList{{number: math.MaxUint32}}
}

func (l sortedList) size() int {
	return len(l) - 1
}

// The last node whose number is less, or the list's begin.
func (l sortedList) findBefore(number uint32) uint32 {
	before, next := uint32(0), l[0].next
	for l[next].number < number {
		before, next = next, l[next].next
	}
	return before
}

func (l *sortedList) insert(number uint32) {
	before, place := l.findBefore(number), uint32(len(*l))
	*l = append(*l, listNode{number: number, next: (*l)[before].next})
	(*l)[before].next = place
}

func (l sortedList) contains(number uint32) bool {
	return l[l[l.findBefore(number)].next].number == number
}

// How many numbers there are, by a walk through all; -1 where one descends.
func (l sortedList) sortedLength() int {
	length := 0
	for place := l[0].next; place != 0; place = l[place].next {
		if l[l[place].next].number < l[place].number {
			return -1
		}
		length++
	}
	return length
}

const (
	listSize = iota
	listInsert
	listContains
)

type listRequest struct {
	reply  chan<- int
	number uint32
	kind   uint8
}

func (l *sortedList) serve(request listRequest) int {
	switch request.kind {
	case listSize:
		return l.size()
	case listInsert:
		l.insert(request.number)
	case listContains:
		if l.contains(request.number) {
			return 1
		}
	}
	return 0
}

// Serves requests until the mailbox is closed, then gives the list away.
func listOwner(mailbox <-chan listRequest, result chan<- sortedList) {
	list := newSortedList()
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
		owner <- listRequest{reply: reply, number: uint32(random.below(listNumbers)), kind: kind}
		<-reply
	}
	inserts <- count
}

func playList(requests int) error {
	owner, result := make(chan listRequest, listWorkers), make(chan sortedList, 1)
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
	return check("length of the sorted list", list.sortedLength(), made)
}

func concurrentSortedList() error {
	requests := scaled(8_000)
	return row{name: "concurrent_sorted_list", operations: listWorkers * requests,
		run: func() error { return playList(requests) }}.measure()
}
