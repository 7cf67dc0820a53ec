// A thousand askers of one actor at once, each one ask after the other.
package main

const manyAskers = 1_000

func askMany() error {
	asks := scaled(100)
	return row{name: "ask_many", operations: manyAskers * asks,
		run: func() error { return playAsk(manyAskers, asks) }}.measure()
}
