/*
 * How long a holder may count on its lease, when extensions to any length overlap, and each may be executed late,
 * never, or without an answer: packages/core/src/hold/deadline.ts beside the lease of the store. One owner; time is as
 * in lock.pml.
 *
 * An extension is executed once at most. A renewal that is executed once more, after it was answered, may shorten a
 * lease that was extended by hand meanwhile: docs/guarantees.md does not promise otherwise.
 */

/* Durations in ticks: the ttl of the claim; the longest extension by hand, of which the shortest is 1. */
#define TTL 2
#ifndef LONGEST
#define LONGEST 3
#endif
/* How many extensions are under way, or without a certain answer. */
#ifndef CALLS
#define CALLS 3
#endif
/* Ages are counted up to here. No answer of that age is of use. */
#define OLD (LONGEST + 1)

mtype = { extended, lost };

/* ---- The store, and the commands under way. ---- */

byte left = TTL;        /* of the lease; 0: it has ended */
bit repeat = 1;         /* a second copy of the claim */

typedef Extension {
  bit under_way;        /* the store may execute it */
  mtype answer;
  bit unresolved;       /* the holder does not know whether it was executed */
  byte ttl;
  byte age;             /* since it was sent */
  byte cap              /* the shortest ttl of it and of those that overlapped it */
}
Extension sent[CALLS];

/* ---- The knowledge of the holder. ---- */

bit held = 1;
byte valid = TTL;       /* the time that the last certain answer granted */
byte answered_age;      /* since the command with that answer was sent */
byte never_ttl;         /* the shortest of the extensions that will never be answered; 0: there are none */
byte never_age;

#ifdef SHOWS
#define IGNORED 1
#else
#define IGNORED 0
#endif
/*
 *   belief       a holder that counts on its lease has it at the store
 *   kept         a renewal asks for no less than the holder counts on
 */
hidden byte belief = IGNORED, kept = IGNORED;
#define PROMISE(name, condition) assert((condition) || name)

hidden byte i, rest, before, longest, asked, worth;

#define LESS(a, b) (a < b -> a : b)
#define MORE(a, b) (a > b -> a : b)
#define MINUS(a, b) (a > b -> a - b : 0)
#define AGE(x) x = LESS(x + 1, OLD)

/* `remainingAt`: by the last answer, and by each extension that may be executed yet. */
inline measure() {
  rest = MINUS(valid, answered_age);
#ifndef UNANSWERED_FORGOTTEN
  for (i : 0 .. CALLS - 1) {
    if
    :: sent[i].unresolved -> worth = MINUS(sent[i].ttl, LESS(sent[i].age, answered_age)); rest = LESS(rest, worth)
    :: else
    fi
  };
  if
  :: never_ttl > 0 -> worth = MINUS(never_ttl, LESS(never_age, answered_age)); rest = LESS(rest, worth)
  :: else
  fi;
#endif
  i = 0; worth = 0
}

/* A loss is final: the search ends there. */
inline check() {
  measure();
  held = held && rest > 0;
  PROMISE(belief, !held || left > 0);
  rest = 0
}

inline send(n, length) {
  sent[n].under_way = 1;
  sent[n].unresolved = 1;
  sent[n].answer = 0;
  sent[n].ttl = length;
  sent[n].age = 0;
  sent[n].cap = length;
  for (i : 0 .. CALLS - 1) {
    if
    :: i != n && sent[i].unresolved ->
       sent[n].cap = LESS(sent[n].cap, sent[i].ttl);
#ifndef OVERLAP_IGNORED
       sent[i].cap = LESS(sent[i].cap, length)
#endif
    :: else
    fi
  };
#ifdef OVERLAP_IGNORED
  sent[n].cap = length;
#else
  if
  :: never_ttl > 0 -> sent[n].cap = LESS(sent[n].cap, never_ttl)
  :: else
  fi;
#endif
  i = 0
}

/* `claimFor`: a renewal asks for the longest time that the lease may have at the store. */
inline renew(n) {
  measure();
  before = rest;
  longest = rest;
  for (i : 0 .. CALLS - 1) {
    if
    :: sent[i].unresolved -> worth = MINUS(sent[i].ttl, sent[i].age); longest = MORE(longest, worth)
    :: else
    fi
  };
#ifdef RENEWAL_SHORTENS
  asked = TTL;
#else
  asked = MORE(TTL, longest);
#endif
  PROMISE(kept, asked >= before);
  send(n, asked);
  before = 0; longest = 0; asked = 0; rest = 0
}

/* `noteExtended` */
inline take_answer(n) {
  sent[n].unresolved = 0;
  asked = LESS(sent[n].ttl, sent[n].cap);
#ifdef BELIEF_FROM_ANSWER
  sent[n].age = 0;
#endif
  if
#ifdef OLDER_ANSWER_COUNTS_AS_LAST
  :: true -> valid = asked; answered_age = LESS(sent[n].age, answered_age)
#else
  :: sent[n].age <= answered_age -> valid = asked; answered_age = sent[n].age
  :: sent[n].age > answered_age -> valid = LESS(valid, asked)
#endif
  fi;
  asked = 0
}

inline clear(n) { sent[n].ttl = 0; sent[n].age = 0; sent[n].cap = 0; sent[n].answer = 0 }

#define IS_FREE(n) (!sent[n].under_way && !sent[n].unresolved && sent[n].answer == 0)

active proctype clock() {
end:
  do
  :: d_step { held ->
       left = MINUS(left, 1);
       AGE(answered_age);
       AGE(never_age);
       for (i : 0 .. CALLS - 1) { AGE(sent[i].age) };
       never_age = (never_ttl > 0 -> never_age : 0);
       i = 0;
       check() }
  od
}

/* Sends one extension after the other. Those of two such processes overlap. */
proctype extension(byte n) {
end:
  do
  :: d_step { held && IS_FREE(n) -> renew(n); check() }
  :: d_step { held && IS_FREE(n) -> send(n, 1); check() }
  :: d_step { held && IS_FREE(n) -> send(n, TTL); check() }
  :: d_step { held && IS_FREE(n) -> send(n, LONGEST); check() }
  :: d_step { held && sent[n].under_way ->
       sent[n].under_way = 0;
       sent[n].answer = (sent[n].unresolved && left > 0 -> extended : sent[n].answer);
       sent[n].answer = (sent[n].unresolved && left == 0 -> lost : sent[n].answer);
       left = (left > 0 -> sent[n].ttl : 0);
       if
       :: !sent[n].unresolved -> clear(n)
       :: else
       fi;
       check() }
  :: d_step { held && sent[n].answer == extended -> take_answer(n); clear(n); check() }
  :: d_step { held && sent[n].answer == lost -> held = 0 }
  /* Certainly not executed. */
  :: d_step { held && sent[n].under_way && sent[n].unresolved ->
       sent[n].under_way = 0; sent[n].unresolved = 0; clear(n); check() }
  /* It will never be answered. It was executed, will be, or will not be. */
  :: d_step { held && sent[n].unresolved ->
       sent[n].unresolved = 0;
       sent[n].answer = 0;
#ifndef NEVER_ANSWERED_FORGOTTEN
       never_age = (never_ttl > 0 -> MORE(never_age, sent[n].age) : sent[n].age);
       never_ttl = (never_ttl > 0 -> LESS(never_ttl, sent[n].ttl) : sent[n].ttl);
#endif
       if
       :: !sent[n].under_way -> clear(n)
       :: else
       fi;
       check() }
  :: d_step { held && sent[n].under_way && !sent[n].unresolved -> sent[n].under_way = 0; clear(n) }
  od
}

/* The claim is executed once more: it never shortens a lease. */
active proctype claim() {
end:
  do
  :: d_step { held && repeat ->
       repeat = 0;
#ifdef REPEAT_SHORTENS
       left = (left > 0 -> TTL : 0);
#else
       left = (left > 0 -> MORE(left, TTL) : 0);
#endif
       check() }
  od
}

init {
  atomic {
#ifdef SHOWS
    SHOWS = 0;
#endif
    for (i : 0 .. CALLS - 1) { run extension(i) };
    i = 0
  }
}
