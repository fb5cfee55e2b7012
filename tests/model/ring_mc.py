#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Model check of the event ring's memory orders.

x86 keeps stores in order, so no test there can tell a release from a relaxed store.  This explores
every behaviour that a C11 compiler and a weakly ordered machine may show, for a few producers, a
reader and few slots, and checks in each that

    torn        a delivered record is of its own ticket, every word of it
    backwards   the state of a slot only grows in modification order
    stuck       when the producers are done, a reader that sees everything reaches the head
    account     and then got + lost == head

The steps have the labels of plugin/core/ring.c: A to H, besides T (ticket), S (hole mark), R (the
reader's look at the head) and K (the reader's look at the hole mark).

The memory is a view-based model of C11's relaxed, acquire and release accesses and fences (RC11
without load buffering and without seq_cst): each location has its messages in modification
order; a thread's view holds, for each location, the oldest message that it may still read; a
store may go in anywhere after the thread's view, but never between a read-modify-write and what
that has read; a message carries a view, which an acquiring reader joins.  Bounded, so it is
evidence, not proof.

    ring_mc.py [name ...]      all runs, or those whose name contains one of the words
    ring_mc.py --trace name         also print the steps to the violation
"""

import argparse
import sys
import time

STATES_MAX = 3_000_000  # of one run; more counts as a failure

# --- the orders, as in ring.c -------------------------------------------------------------------

RING = {
    "A": True,          # busy check
    "B": True,          # lapped check
    "C": "acquire",     # claim
    "D": "release",     # words in
    "D_fence": False,   # or relaxed words behind one release fence
    "E": "release",     # publication
    "F": "acquire",     # reader's first look
    "G": "acquire",     # words out
    "G_fence": False,   # or relaxed words before one acquire fence
    "H": True,          # re-check
    "S": "release",     # hole mark, None for no mark
    "K": "acquire",     # reader's look at it
}
FENCES = dict(RING, D="relaxed", D_fence=True, G="relaxed", G_fence=True)


class Shape:
    """How many of what.  lengths[n % len] is the number of words that ticket n uses."""

    def __init__(self, producers, puts, slots, lengths):
        self.producers, self.puts, self.slots, self.lengths = producers, puts, slots, lengths
        self.words = max(lengths)
        self.stride = 2 + self.words
        self.locations = 1 + slots * self.stride
        self.fixed = len(set(lengths)) == 1

    def length(self, ticket):
        return self.lengths[ticket % len(self.lengths)]

    def state(self, ticket):
        return 1 + ticket % self.slots * self.stride

    def skip(self, ticket):
        return self.state(ticket) + 1

    def word(self, ticket, i):
        return self.state(ticket) + 2 + i

    def __str__(self):
        lengths = "/".join(map(str, self.lengths))
        return (f"{self.producers} producers x {self.puts} put, {self.slots} slots, "
                f"{lengths} words")


HEAD = 0


def busy(n):
    return 2 * n + 1


def done(n):
    return 2 * n + 2


class Violation(Exception):
    pass


# --- the memory -----------------------------------------------------------------------------------
#
# A message is (value, view, rmw): rmw tells that nothing may come between it and the one before.
# A view is a tuple of positions, one per location.  A thread is a tuple (pc, regs, cur, acq, rel):
# cur is its view; acq what it would join at an acquire fence; rel its view at the last release
# fence.  A finished thread has cur None.  The whole state is (memory, producers, reader).

def join(a, b):
    if a is b:
        return a
    return tuple(map(max, a, b))


def at_least(view, loc, pos):
    return view if view[loc] >= pos else view[:loc] + (pos,) + view[loc + 1:]


def shift_view(view, loc, pos):
    """The view after a message went in at 'pos' of 'loc'."""
    if view is not None and view[loc] >= pos:
        return view[:loc] + (view[loc] + 1,) + view[loc + 1:]
    return view


def shift_thread(thread, loc, pos):
    pc, regs, cur, acq, rel = thread
    return (pc, regs, shift_view(cur, loc, pos), shift_view(acq, loc, pos),
            shift_view(rel, loc, pos))


class Machine:
    """One thread's turn on a state: collects the states that can follow."""

    def __init__(self, shape, orders):
        self.shape, self.orders = shape, orders
        self.zero = (0,) * shape.locations
        self.fences = orders["G_fence"]

    def initial(self):
        memory = tuple(((0, self.zero, False),) for _ in range(self.shape.locations))
        thread = ("T", (0,), self.zero, self.zero, self.zero)
        reader = ("F", (0, 0, 0), self.zero, self.zero, self.zero)
        return memory, (thread,) * self.shape.producers, reader

    # Reads: every message that the thread's view allows.

    def loads(self, memory, thread, loc, order):
        """(value, thread after) for each message that may be read; pc and regs unchanged."""
        pc, regs, cur, acq, rel = thread
        messages = memory[loc]
        for pos in range(cur[loc], len(messages)):
            value, view, _ = messages[pos]
            yield value, (pc, regs) + self.after_read(cur, acq, loc, pos, view, order) + (rel,)

    def after_read(self, cur, acq, loc, pos, view, order):
        new = at_least(cur, loc, pos)
        if order == "acquire":
            new = join(new, view)
        if self.fences:
            acq = join(join(acq, view), new)
        return new, acq

    # Writes: a message goes in at 'pos'; every view is moved along.

    def insert(self, state, who, thread, loc, pos, value, order, rmw, carried):
        memory, producers, reader = state
        messages = memory[loc]
        if pos < len(messages):
            memory = tuple(tuple((v, shift_view(view, loc, pos), r) for v, view, r in chain)
                           for chain in memory)
            messages = memory[loc]
            producers = tuple(shift_thread(t, loc, pos) for t in producers)
            reader = shift_thread(reader, loc, pos)
            thread = shift_thread(thread, loc, pos)
            carried = shift_view(carried, loc, pos)
        pc, regs, cur, acq, rel = thread
        cur = at_least(cur, loc, pos)
        if self.fences:
            acq = at_least(acq, loc, pos)
        view = at_least(cur if order == "release" else rel, loc, pos)
        if carried is not None:  # a read-modify-write goes on with the release sequence
            view = join(view, carried)
        messages = messages[:pos] + ((value, view, rmw),) + messages[pos:]
        self.check_growth(loc, messages, pos)
        memory = memory[:loc] + (messages,) + memory[loc + 1:]
        thread = (pc, regs, cur, acq, rel)
        return (memory, producers[:who] + (thread,) + producers[who + 1:], reader)

    def stores(self, state, who, thread, loc, value, order):
        messages = state[0][loc]
        for pos in range(thread[2][loc] + 1, len(messages) + 1):
            if pos == len(messages) or not messages[pos][2]:
                yield self.insert(state, who, thread, loc, pos, value, order, False, None)

    def exchanges(self, state, who, thread, loc, wanted, value, order):
        """compare-exchange: (seen, state after); seen is None where it succeeded."""
        messages = state[0][loc]
        pc, regs, cur, acq, rel = thread
        for pos in range(cur[loc], len(messages)):
            seen, view, _ = messages[pos]
            if wanted is not None and seen != wanted:
                read = (pc, regs) + self.after_read(cur, acq, loc, pos, view, "relaxed") + (rel,)
                yield seen, self.put_thread(state, who, read)
            elif pos + 1 == len(messages) or not messages[pos + 1][2]:
                read = (pc, regs) + self.after_read(cur, acq, loc, pos, view, order) + (rel,)
                new = seen + 1 if wanted is None else value
                yield None, self.insert(state, who, read, loc, pos + 1, new, order, True, view)

    def check_growth(self, loc, messages, pos):
        if loc == HEAD or (loc - 1) % self.shape.stride != 0:
            return
        around = [m[0] for m in messages[max(pos - 1, 0):pos + 2]]
        if around != sorted(set(around)):
            raise Violation(f"backwards: state of a slot goes {around}")

    @staticmethod
    def put_thread(state, who, thread):
        memory, producers, reader = state
        return memory, producers[:who] + (thread,) + producers[who + 1:], reader

    @staticmethod
    def go(state, who, pc, regs):
        """The producer goes on at another step."""
        memory, producers, reader = state
        _, _, cur, acq, rel = producers[who]
        thread = (pc, regs, cur, acq, rel)
        return memory, producers[:who] + (thread,) + producers[who + 1:], reader

    # --- xfw_ring_put; regs is (puts done, ticket, ...) ---------------------------------------

    def producer_steps(self, state, who):
        thread = state[1][who]
        pc, regs = thread[0], thread[1]
        shape, orders = self.shape, self.orders
        puts, n = regs[0], regs[1] if len(regs) > 1 else None

        if pc == "T":  # n = fetch_add(head, 1, relaxed)
            for _, after in self.exchanges(state, who, thread, HEAD, None, None, "relaxed"):
                ticket = after[0][HEAD][-1][0] - 1
                yield self.go(after, who, "A", (puts, ticket))
        elif pc == "A":  # seen = load(state, relaxed)
            for seen, after in self.loads(state[0], thread, shape.state(n), "relaxed"):
                yield self.judge(self.put_thread(state, who, after), who, puts, n, seen)
        elif pc == "C":  # compare_exchange(state, seen, BUSY(n), acquire, relaxed)
            for seen, after in self.exchanges(state, who, thread, shape.state(n), regs[2],
                                              busy(n), orders["C"]):
                if seen is not None:
                    yield self.judge(after, who, puts, n, seen)
                else:
                    yield self.claimed(after, who, puts, n)
        elif pc == "D":  # store(len, ...), store(w[i], ...)
            i = regs[2]
            value = (n + 1) * 10 + shape.length(n)
            for after in self.stores(state, who, thread, shape.word(n, i), value, orders["D"]):
                if i + 1 < shape.length(n):
                    yield self.go(after, who, "D", (puts, n, i + 1))
                else:
                    yield self.go(after, who, "E", (puts, n))
        elif pc == "E":  # store(state, DONE(n), release)
            for after in self.stores(state, who, thread, shape.state(n), done(n), orders["E"]):
                yield self.finished(after, who, puts)
        elif pc == "S":  # mark_hole: seen = load(skip, relaxed)
            for seen, after in self.loads(state[0], thread, shape.skip(n), "relaxed"):
                yield self.mark(self.put_thread(state, who, after), who, puts, n, seen)
        elif pc == "S2":  # compare_exchange(skip, seen, n + 1, release, relaxed)
            for seen, after in self.exchanges(state, who, thread, shape.skip(n), regs[2], n + 1,
                                              orders["S"]):
                if seen is not None:
                    yield self.mark(after, who, puts, n, seen)
                else:
                    yield self.finished(after, who, puts)

    def judge(self, state, who, puts, n, seen):
        """The checks A and B on what was seen."""
        if self.orders["A"] and seen % 2 == 1 and seen < busy(n):
            if self.orders["S"] is None:
                return self.finished(state, who, puts)
            return self.go(state, who, "S", (puts, n))
        if self.orders["B"] and seen > busy(n):
            return self.finished(state, who, puts)
        return self.go(state, who, "C", (puts, n, seen))

    def claimed(self, state, who, puts, n):
        state = self.go(state, who, "D", (puts, n, 0))
        if self.orders["D_fence"]:
            pc, regs, cur, acq, _ = state[1][who]
            state = self.put_thread(state, who, (pc, regs, cur, acq, cur))
        return state

    def mark(self, state, who, puts, n, seen):
        if seen >= n + 1:
            return self.finished(state, who, puts)
        return self.go(state, who, "S2", (puts, n, seen))

    def finished(self, state, who, puts):
        if puts + 1 < self.shape.puts:
            return self.go(state, who, "T", (puts + 1,))
        return self.put_thread(state, who, ("end", (), None, None, None))

    # --- xfw_ring_get; regs is (cursor, got, lost, ...) -----------------------------------------

    def reader_steps(self, state, newest=False):
        """All next states of the reader; with 'newest' only the one that sees everything."""
        memory, producers, reader = state
        pc, regs = reader[0], reader[1]
        c, got, lost = regs[:3]
        shape, orders = self.shape, self.orders

        def loads(loc, order):
            every = list(self.loads(memory, reader, loc, order))
            return every[-1:] if newest else every

        def to(thread, next_pc, *next_regs):
            return memory, producers, (next_pc, next_regs) + thread[2:]

        if pc == "R":  # nothing to deliver: head, the end of what there is, and the window
            gone = regs[3]
            for head, thread in loads(HEAD, "relaxed"):
                step = 0 if c >= head else max(head - c - shape.slots, 1 if gone else 0)
                yield to(thread, "F", c + step, got, lost + step)
        elif pc == "F":
            for seen, thread in loads(shape.state(c), orders["F"]):
                if seen == done(c):
                    yield to(thread, "G", c, got, lost, 0, 0, True)
                elif seen > done(c):
                    yield to(thread, "R", c, got, lost, True)
                elif seen == busy(c):
                    yield to(thread, "R", c, got, lost, False)
                else:
                    yield to(thread, "K", c, got, lost)
        elif pc == "G":  # the length, which bounds the rest, and the words
            i, length, whole = regs[3:]
            for word, thread in loads(shape.word(c, i), orders["G"]):
                right = whole and word == (c + 1) * 10 + shape.length(c)
                bound = shape.length(c) if shape.fixed else word % 10 if i == 0 else length
                if i + 1 < bound:
                    yield to(thread, "G", c, got, lost, i + 1, bound, right)
                    continue
                if orders["G_fence"]:
                    thread = thread[:2] + (join(thread[2], thread[3]),) + thread[3:]
                yield to(thread, "H", c, got, lost, right)
        elif pc == "H":
            for seen, thread in loads(shape.state(c), "relaxed"):
                if seen != done(c) and orders["H"]:
                    yield to(thread, "R", c, got, lost, True)
                elif not regs[3]:
                    raise Violation(f"torn: ticket {c} delivered with words of another")
                else:
                    yield to(thread, "F", c + 1, got + 1, lost)
        elif pc == "K":
            for seen, thread in loads(shape.skip(c), orders["K"]):
                yield to(thread, "R", c, got, lost, seen >= c + 1)

    def check_quiet(self, state):
        """All producers are done and the reader is between two gets: does it reach the head?"""
        head = state[0][HEAD][-1][0]
        while state[2][1][0] < head or state[2][0] != "F":
            before = state
            while True:
                state, = self.reader_steps(state, newest=True)
                if state[2][0] == "F":
                    break
            if state[2][1] == before[2][1]:
                raise Violation(f"stuck: in flight for ever at {state[2][1][0]} of {head}")
        _, got, lost = state[2][1]
        if got + lost != head:
            raise Violation(f"account: got {got} + lost {lost} != head {head}")

    # --- one state for all that are alike ------------------------------------------------------------

    def normal(self, state):
        """Forget messages that no thread can reach any more, and which producer is which."""
        memory, producers, reader = state
        cuts = reader[2]
        for thread in producers:
            if thread[2] is not None:
                cuts = tuple(map(min, cuts, thread[2]))
        if any(cuts):
            def cut(view):
                return None if view is None else tuple(
                    [p - k if p > k else 0 for p, k in zip(view, cuts)])
            memory = tuple([tuple([(v, cut(view), r) for v, view, r in chain[k:]])
                            for chain, k in zip(memory, cuts)])
            producers = tuple([(pc, regs, cut(cur), cut(acq), cut(rel))
                               for pc, regs, cur, acq, rel in producers])
            pc, regs, cur, acq, rel = reader
            reader = (pc, regs, cut(cur), cut(acq), cut(rel))
        return memory, tuple(sorted(producers, key=repr)), reader

    def successors(self, state):
        for who, thread in enumerate(state[1]):
            if thread[0] != "end" and (who == 0 or thread != state[1][who - 1]):
                for after in self.producer_steps(state, who):
                    yield f"put {thread[0]}{thread[1][1:2]}", after
        for after in self.reader_steps(state):
            yield f"get {state[2][0]}", after


def explore(shape, orders, trace=False):
    """(states seen, violation or None, steps to it)"""
    machine = Machine(shape, orders)
    start = machine.normal(machine.initial())
    seen = {start: None} if trace else {start}
    stack = [start]

    def steps(state):
        path = []
        while trace and seen[state] is not None:
            state, label = seen[state]
            path.append(label)
        return path[::-1]

    while stack:
        state = stack.pop()
        try:
            if state[2][0] == "F" and all(t[0] == "end" for t in state[1]):
                machine.check_quiet(state)
            for label, after in machine.successors(state):
                after = machine.normal(after)
                if after not in seen:
                    if trace:
                        seen[after] = state, f"{label:12} reader then {after[2][:2]}"
                    else:
                        seen.add(after)
                    stack.append(after)
        except Violation as violation:
            return len(seen), str(violation), steps(state)
        if len(seen) > STATES_MAX:
            return len(seen), f"more than {STATES_MAX} states", []
    return len(seen), None, []


# --- the runs ---------------------------------------------------------------------------------------

PAIR = Shape(2, 1, 1, (2,))
TRIO = Shape(3, 1, 1, (2,))
RING2 = Shape(3, 1, 2, (2,))
TWICE = Shape(2, 2, 1, (2,))
VARIED = Shape(2, 1, 1, (2, 3))
SHRINK = Shape(2, 1, 1, (3, 1))
QUAD = Shape(4, 1, 1, (1, 2))
QUAD2 = Shape(4, 1, 2, (2,))
TWICE2 = Shape(2, 2, 2, (1, 2, 3))

# name, shape, orders, the ring is good
RUNS = [
    ("ring.c, pair", PAIR, RING, True),
    ("ring.c, growing length", VARIED, RING, True),
    ("ring.c, shrinking length", SHRINK, RING, True),
    ("ring.c, trio", TRIO, RING, True),
    ("ring.c, two slots", RING2, RING, True),
    ("ring.c, each twice", TWICE, RING, True),
    ("ring.c, each twice, two slots", TWICE2, RING, True),
    ("ring.c, four, varied length", QUAD, RING, True),
    ("ring.c, four, two slots", QUAD2, RING, True),
    ("fences for words, pair", PAIR, FENCES, True),
    ("fences for words, trio", TRIO, FENCES, True),
    ("relaxed hole mark, trio", TRIO, dict(RING, S="relaxed", K="relaxed"), True),

    ("claim relaxed (C)", PAIR, dict(RING, C="relaxed"), False),
    ("words in relaxed (D)", PAIR, dict(RING, D="relaxed"), False),
    ("words out relaxed (G)", PAIR, dict(RING, G="relaxed"), False),
    ("fences, none for the writer (D)", PAIR, dict(FENCES, D_fence=False), False),
    ("fences, none for the reader (G)", PAIR, dict(FENCES, G_fence=False), False),
    ("publication relaxed (E)", PAIR, dict(RING, E="relaxed"), False),
    ("fences, publication relaxed (E)", PAIR, dict(FENCES, E="relaxed"), False),
    ("first look relaxed (F)", PAIR, dict(RING, F="relaxed"), False),
    ("no re-check (H)", PAIR, dict(RING, H=False), False),
    ("no busy check (A)", PAIR, dict(RING, A=False), False),
    ("no lapped check (B)", PAIR, dict(RING, B=False), False),
    ("no hole mark (S)", PAIR, dict(RING, S=None), False),
]


def main():
    parser = argparse.ArgumentParser(description="model check of the event ring")
    parser.add_argument("--trace", action="store_true", help="print the steps to a violation")
    parser.add_argument("names", nargs="*", help="only runs whose name contains one of these")
    args = parser.parse_args()
    passed = failed = 0

    for name, shape, orders, good in RUNS:
        if args.names and not any(word in name for word in args.names):
            continue
        begin = time.monotonic()
        states, violation, steps = explore(shape, orders, args.trace)
        right = (violation is None) == good and states <= STATES_MAX
        passed, failed = passed + right, failed + (not right)
        print(f"{'ok' if right else 'FAILED':6}  {'good' if good else 'mutant':6}  {name:32} "
              f"{shape}: {states} states, {time.monotonic() - begin:.1f} s, "
              f"{violation or 'no violation'}", flush=True)
        for step in steps:
            print("        " + step)

    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
