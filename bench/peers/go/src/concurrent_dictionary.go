// Savina's concurrent dictionary: one actor owns a hash table, twenty workers read and write it.
package main

import (
	"errors"
	"syscall"
	"unsafe"
)

const (
	dictionaryEntries = 524_287
	dictionaryWorkers = 20
	dictionaryPlaces  = 1 << 20
	hugePage          = 2 << 20
)

// Open addressing, never more than half full. A word has the value above, and below one more than the
// key: 0 is an empty place.
type dictionary [dictionaryPlaces]uint64

type dictionaryRequest struct {
	reply      chan<- uint32
	key, value uint32
	write      bool
}

// In memory of its own, never given back, on huge pages: there a miss of the cache is no miss of the
// page table too.
func newDictionary() (*dictionary, error) {
	size := int(unsafe.Sizeof(dictionary{}))
	memory, err := syscall.Mmap(-1, 0, size+hugePage, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	if skip := uintptr(unsafe.Pointer(&memory[0])) % hugePage; skip > 0 {
		memory = memory[hugePage-skip:]
	}
	syscall.Madvise(memory[:size], syscall.MADV_HUGEPAGE)
	table := (*dictionary)(unsafe.Pointer(&memory[0]))
	for key := uint32(0); key < dictionaryEntries; key++ {
		table.put(key, key)
	}
	return table, nil
}

func (d *dictionary) placeOf(key uint32) *uint64 {
	place := uint64(key) * 0x9e3779b97f4a7c15 >> 44
	for d[place] != 0 && uint32(d[place]) != key+1 {
		place = (place + 1) % dictionaryPlaces
	}
	return &d[place]
}

func (d *dictionary) put(key, value uint32) {
	*d.placeOf(key) = uint64(value)<<32 | uint64(key+1)
}

func (d *dictionary) get(key uint32) uint32 {
	return uint32(*d.placeOf(key) >> 32)
}

// Serves requests until the mailbox is closed, then tells how many there were.
func dictionaryOwner(table *dictionary, mailbox <-chan dictionaryRequest, requests chan<- int) {
	count := 0
	for request := range mailbox {
		count++
		if request.write {
			table.put(request.key, request.value)
			request.reply <- request.value
		} else {
			request.reply <- table.get(request.key)
		}
	}
	requests <- count
}

// Sends requests one after the other, and tells how many answers were wrong.
func dictionaryWorker(number, requests int, owner chan<- dictionaryRequest, wrong chan<- int) {
	random, reply, bad := newRandom(number), make(chan uint32, 1), 0
	for i := 0; i < requests; i++ {
		key := uint32(random.below(dictionaryEntries))
		owner <- dictionaryRequest{
			reply: reply,
			key:   key,
			value: key + dictionaryEntries*uint32(number),
			write: random.below(10) == 0,
		}
		if <-reply%dictionaryEntries != key {
			bad++
		}
	}
	wrong <- bad
}

func playDictionary(table *dictionary, requests int) error {
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
	table, err := newDictionary()
	if err != nil {
		return err
	}
	requests := scaled(10_000)
	return row{name: "concurrent_dictionary", operations: dictionaryWorkers * requests,
		run: func() error { return playDictionary(table, requests) }}.measure()
}
