// Tells what its clock reads: a line for each line of input. With the argument "load" 64 goroutines read the clock for ever, and the
// line says how many reads there were, how many were wrong, and the longest span in which nobody read it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

const readers = 64

var reads, longest, last atomic.Int64

func readForEver() {
	for {
		now := time.Now().UnixNano()
		before := last.Swap(now)
		for span := max(now-before, before-now); before != 0; {
			known := longest.Load()
			if span <= known || longest.CompareAndSwap(known, span) {
				break
			}
		}
		reads.Add(1)
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "load" {
		for range readers {
			go readForEver()
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Printf("wall=%d reads=%d longest=%d\n", time.Now().UnixNano(), reads.Load(), longest.Swap(0))
	}
}
