// Tasks that wait for one signal each: a goroutine and a channel. What they cost in memory while all
// wait, and in time from the first start to the last end.
//
// The memory is measured once, before the time: tasks that ended leave memory behind for the next.
package main

import "sync"

// The tasks of one run, and how many of them do not wait yet or have not ended yet.
type waiters struct {
	signals []chan struct{}
	waiting sync.WaitGroup
	running sync.WaitGroup
	ended   []bool
}

func (w *waiters) task(number int) {
	w.waiting.Done()
	<-w.signals[number]
	w.ended[number] = true
	w.running.Done()
}

func (w *waiters) start() {
	w.waiting.Add(len(w.signals))
	w.running.Add(len(w.signals))
	for i := range w.signals {
		w.signals[i] = make(chan struct{})
		w.ended[i] = false
		go w.task(i)
	}
	w.waiting.Wait()
}

// Signals each task and waits for the last to end.
func (w *waiters) release() error {
	for _, signal := range w.signals {
		signal <- struct{}{}
	}
	w.running.Wait()
	count := 0
	for _, ended := range w.ended {
		if ended {
			count++
		}
	}
	return check("tasks released", count, len(w.signals))
}

func (w *waiters) measureBytes() error {
	before, cpu := residentBytes(), cpuSeconds()
	w.start()
	each := float64(residentBytes()-before) / float64(len(w.signals))
	cpu = cpuSeconds() - cpu
	if err := w.release(); err != nil {
		return err
	}
	row{name: "waiting_task", variant: "bytes"}.print("bytes", []float64{each}, len(w.signals), cpu)
	return nil
}

func waitingTask() error {
	tasks := scaled(1_000_000)
	w := &waiters{signals: make([]chan struct{}, tasks), ended: make([]bool, tasks)}
	if err := w.measureBytes(); err != nil {
		return err
	}
	return row{name: "waiting_task", variant: "start and release", operations: tasks,
		run: func() error {
			w.start()
			return w.release()
		}}.measure()
}
