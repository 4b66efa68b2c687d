// The memory half: what tests/bench/bench_gc.cpp measures of Samovar, in Go.
package main

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type pair struct{ left, right *pair }

type node struct {
	first, second *node
	value         [2]uint64
}

const nodes = 1 << 20

func buildTree(depth int) *pair {
	if depth == 0 {
		return &pair{}
	}
	return &pair{buildTree(depth - 1), buildTree(depth - 1)}
}

func (p *pair) count() int {
	if p.left == nil {
		return 1
	}
	return 1 + p.left.count() + p.right.count()
}

// A whole forced collection, sweep included, of what `keep` refers to.
func collect(name string, objects int, keep any) {
	runtime.GC()
	begin := time.Now()
	runtime.GC()
	report("gc/collect/"+name, objects, begin)
	runtime.KeepAlive(keep)
}

func makeNodes() []*node {
	all := make([]*node, nodes)
	for i := range all {
		all[i] = &node{}
	}
	return all
}

func collectShapes() {
	collect("tree", 2<<20-1, buildTree(20))

	random := rand.New(rand.NewPCG(1, 1))
	graph := makeNodes()
	for _, n := range graph {
		n.first, n.second = graph[random.IntN(nodes)], graph[random.IntN(nodes)]
	}
	collect("graph", nodes, graph)

	var head *node
	for _, n := range makeNodesShuffled(random) {
		n.first, head = head, n
	}
	collect("list", nodes, head)
}

func makeNodesShuffled(random *rand.Rand) []*node {
	all := makeNodes()
	random.Shuffle(nodes, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

var sink []byte

func allocate(bytes int) {
	const times = 200_000
	begin := time.Now()
	for i := 0; i < times; i++ {
		sink = make([]byte, bytes)
	}
	report("gc/allocate/"+strconv.Itoa(bytes), times, begin)
}

// The Computer Language Benchmarks Game's binary-trees, a row a goroutine; ns a node.
func trees(procs, depth int) {
	runtime.GOMAXPROCS(procs)
	defer runtime.GOMAXPROCS(1)
	runtime.GC()
	begin := time.Now()
	var made atomic.Int64
	made.Add(int64(buildTree(depth + 1).count()))
	long := buildTree(depth)
	var done sync.WaitGroup
	for row := 4; row <= depth; row += 2 {
		work := func() {
			count := 0
			for i := 0; i < 1<<(depth-row+4); i++ {
				count += buildTree(row).count()
			}
			made.Add(int64(count))
			done.Done()
		}
		done.Add(1)
		if procs == 1 {
			work()
		} else {
			go work()
		}
	}
	done.Wait()
	made.Add(int64(long.count()))
	report("gc/trees/"+strconv.Itoa(procs), int(made.Load()), begin)
}

func memory() {
	for _, bytes := range []int{16, 64, 1024, 16384} {
		allocate(bytes)
	}
	collectShapes()
	trees(1, 18)
	trees(2, 18)
}
