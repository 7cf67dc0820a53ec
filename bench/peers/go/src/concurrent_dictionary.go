// Savina's concurrent dictionary: one actor owns a hash table, twenty workers read and write it.
package main

import "errors"

const (
	dictionaryEntries = 524_287
	dictionaryWorkers = 20
)

type dictionary map[uint64]uint64

type dictionaryRequest struct {
	reply      chan<- uint64
	key, value uint64
	write      bool
}

func newDictionary() dictionary {
	table := make(dictionary, dictionaryEntries)
	for key := uint64(0); key < dictionaryEntries; key++ {
		table[key] = key
	}
	return table
}

// Serves requests until the mailbox is closed, then tells how many there were.
func dictionaryOwner(table dictionary, mailbox <-chan dictionaryRequest, requests chan<- int) {
	count := 0
	for request := range mailbox {
		count++
		if request.write {
			table[request.key] = request.value
			request.reply <- request.value
		} else {
			request.reply <- table[request.key]
		}
	}
	requests <- count
}

// Sends requests one after the other, and tells how many answers were wrong.
func dictionaryWorker(number, requests int, owner chan<- dictionaryRequest, wrong chan<- int) {
	random, reply, bad := newRandom(number), make(chan uint64, 1), 0
	for i := 0; i < requests; i++ {
		key := uint64(random.below(dictionaryEntries))
		owner <- dictionaryRequest{
			reply: reply,
			key:   key,
			value: key + dictionaryEntries*uint64(number),
			write: random.below(10) == 0,
		}
		if <-reply%dictionaryEntries != key {
			bad++
		}
	}
	wrong <- bad
}

func playDictionary(table dictionary, requests int) error {
	owner := make(chan dictionaryRequest, dictionaryWorkers)
	served, wrong := make(chan int, 1), make(chan int, dictionaryWorkers)
	go dictionaryOwner(table, owner, served)
	for i := 0; i < dictionaryWorkers; i++ {
		go dictionaryWorker(i, requests, owner, wrong)
	}
	bad := 0
	for i := 0; i < dictionaryWorkers; i++ {
		bad += <-wrong
	}
	close(owner)
	if err := check("requests", <-served, dictionaryWorkers*requests); err != nil {
		return err
	}
	if bad != 0 {
		return errors.New("a value read is not its key's")
	}
	return nil
}

func concurrentDictionary() error {
	requests, table := scaled(10_000), newDictionary()
	return row{name: "concurrent_dictionary", operations: dictionaryWorkers * requests,
		run: func() error { return playDictionary(table, requests) }}.measure()
}
