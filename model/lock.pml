/*
 * The protocol of a lock on one name, for the model checker Spin: leases, the line, grants by message, hand-over, change
 * of mode, fences and force, with calls that are lost, late or executed twice, and processes that pause or crash.
 * `npm run model` searches all states of several configurations, and shows that each broken variant fails.
 *
 * Time is discrete: whatever lasts is a count of ticks left. Any number of steps lie between two ticks, or none. A
 * process that takes no step meanwhile is one that pauses, and one that never takes a step again has crashed.
 *
 *   lock.pml     the state, the promises, time, the network
 *   store.pml    the verbs of the store, each one atomic step, as in packages/core/src/redis/scripts
 *   client.pml   an owner: what packages/core/src/acquire, hold and queue do for it
 */

/* ---- A configuration. ---- */

/* Owners: each is one acquisition, with a token of its own. */
#ifndef CLAIMS
#define CLAIMS 2
#endif
/* A bit for each owner whose claim is shared. */
#ifndef READERS
#define READERS 0
#endif
/* So many may share the name. */
#ifndef LIMIT
#define LIMIT CLAIMS
#endif
/* In ticks: a lease, and a place in the line. */
#ifndef TTL
#define TTL 2
#endif
#ifndef PLACE
#define PLACE 2
#endif
/* So many calls are under way at a time for longer than one step. */
#ifndef LATE
#define LATE 1
#endif
/* So often the name is taken by force. */
#ifndef FORCE
#define FORCE 0
#endif
/* The fences are counted, up to about so many; 0: none are kept, and there is no bound on the calls of an owner. */
#ifndef FENCES
#define FENCES 0
#endif
/* So many fences are reserved by a claim. */
#ifndef RESERVED
#define RESERVED 1
#endif
/* With LIVE, so many times a call or a message is lost, late or executed twice, and a holder renews. */
#ifndef TROUBLES
#define TROUBLES 1
#endif

#define CLAIMS_SHARED(c) ((READERS >> c) & 1)

mtype = { acquire, steal, extend, share, reserve, release };       /* verbs */
mtype = { at_once, unanswered, unexecuted, late, answered_late, twice }; /* what becomes of a call */
mtype = { command, copy, yes, no };                                 /* where a call is that is under way */
mtype = { asking, holding, ended, done };                           /* where an owner is */
mtype = { outdated, current };                                      /* a message of a grant */

/* ---- What the store keeps. ---- */

#define FREE CLAIMS
#define SHARED (CLAIMS + 1)

byte lock = FREE;            /* the owner that holds the name alone, or SHARED */
byte lock_left;
byte share_left[CLAIMS];     /* of the lease of an owner that shares the name */
byte place_left[CLAIMS];     /* of the place of an owner in the line */
bit place_latest[CLAIMS];    /* whether the place was kept by the latest call of its owner, whose secret it has */
chan line = [CLAIMS] of { byte };
bit mark;                    /* on the fence: keeps the script that knows no line away */
byte last_fence;
byte first_fence;            /* of those that the exclusive holder reserved */
byte fence[CLAIMS];          /* that was granted to an owner */

/* ---- What is under way. ---- */

typedef Call { mtype stage; mtype verb; byte owner; byte valid; byte fence; bit latest };
#if LATE == 0
#define SLOTS 1
#else
#define SLOTS LATE
#endif
Call calls[SLOTS];

mtype message[CLAIMS];       /* of a grant; read any number of times until it is lost */
byte message_fence[CLAIMS];
byte troubles = TROUBLES;

/* ---- What an owner's process knows. ---- */

mtype phase[CLAIMS] = asking;
byte believed[CLAIMS];       /* ticks for which it still counts the name as held */
bit reads[CLAIMS];           /* whether it shares the name, as far as it knows */
bit refused[CLAIMS];         /* its latest call was answered so */
byte place_valid[CLAIMS];    /* of the place, counted from when the latest claim was sent */
byte next_fence[CLAIMS];     /* reserved for the next holder of this process; 0: none */
byte renewals[CLAIMS];       /* left, with LIVE */

/* ---- What only the promises look at. ---- */

byte heard[CLAIMS];          /* ticks until all that the owner has at the store must have ended */
bit taken[CLAIMS];           /* the name was taken from it by force */
byte force = FORCE;
byte greatest;               /* fence under which an owner has begun to hold */
byte greatest_writer;
byte greatest_granted;

/* ---- The promises. A failed assertion shows the name of its promise. ---- */

#ifdef SHOWS
#define IGNORED 1
#else
#define IGNORED 0
#endif
hidden byte exclusion = IGNORED, belief = IGNORED, downgrade = IGNORED, fences = IGNORED, same_fence = IGNORED;
hidden byte order = IGNORED, place = IGNORED, lease_end = IGNORED, leftovers = IGNORED;
#define PROMISE(name, condition) assert((condition) || name)

#define HOLDS(c) (lock == c || (lock == SHARED && share_left[c] > 0))
#define BELIEVES(c) (believed[c] > 0 && !taken[c])

/* Used within one step only. */
hidden byte i, j, h, room, sharing, answered_fence;
hidden byte fits, answer;
hidden mtype verb_read;
hidden byte owner_read, ticks_read, fence_read;

inline check() {
  sharing = 0;
  for (i : 0 .. CLAIMS - 1) {
    if
    :: BELIEVES(i) && reads[i] && !CLAIMS_SHARED(i) -> PROMISE(downgrade, HOLDS(i))
    :: BELIEVES(i) && (!reads[i] || CLAIMS_SHARED(i)) -> PROMISE(belief, HOLDS(i))
    :: else
    fi;
    for (j : 0 .. CLAIMS - 1) {
      PROMISE(exclusion, i == j || !BELIEVES(i) || !BELIEVES(j) || (reads[i] && reads[j]))
    };
    sharing = sharing + (BELIEVES(i) && reads[i]);
    PROMISE(place, !HOLDS(i) || place_left[i] == 0);
    PROMISE(lease_end, heard[i] > 0 || (!HOLDS(i) && place_left[i] == 0))
  };
  PROMISE(exclusion, sharing <= LIMIT);
  i = 0; j = 0; sharing = 0
}

#include "store.pml"
#include "client.pml"

/* ---- Time. ---- */

#define TICK(x) x = (x > 0 -> x - 1 : 0)

/* With LIVE, a waiter asks again before its place ends. */
#ifdef LIVE
#define IN_TIME(c) (phase[c] != asking || place_valid[c] > 1 || !MAY_ASK(c))
#else
#define IN_TIME(c) true
#endif

active proctype clock() {
end:
  do
  :: d_step { IN_TIME(0) && IN_TIME(1) && IN_TIME(CLAIMS - 1) ->
       TICK(lock_left);
       if
       :: lock_left == 0 -> lock = FREE
       :: else
       fi;
       for (h : 0 .. CLAIMS - 1) {
         TICK(share_left[h]); TICK(place_left[h]); TICK(believed[h]); TICK(place_valid[h]); TICK(heard[h]);
         if
         :: place_left[h] == 0 -> place_latest[h] = 0
         :: else
         fi
       };
       for (h : 0 .. SLOTS - 1) { TICK(calls[h].valid) };
       h = 0;
       check()
     }
  od
}

/* ---- The network: a call that is executed late, answered late, or executed once more. ---- */

inline forget(n) {
  calls[n].stage = 0; calls[n].verb = 0; calls[n].owner = 0; calls[n].valid = 0; calls[n].fence = 0; calls[n].latest = 0
}

inline read_call(n) {
  verb_read = calls[n].verb; owner_read = calls[n].owner; ticks_read = calls[n].valid; fence_read = calls[n].fence
}

#define MAY_EXECUTE(n) (FENCES == 0 || last_fence < FENCES || calls[n].verb == extend || calls[n].verb == release)

proctype network(byte n) {
end:
  do
  :: d_step { (calls[n].stage == command || calls[n].stage == copy) && MAY_EXECUTE(n) ->
       read_call(n);
       execute(verb_read, owner_read, calls[n].latest);
       if
       :: calls[n].stage == command ->
          calls[n].stage = (answer -> yes : no);
          calls[n].fence = answered_fence
       :: else -> forget(n)
       fi;
       answer = 0; answered_fence = 0;
       check()
     }
  :: d_step { calls[n].stage == yes || calls[n].stage == no ->
       read_call(n);
       answer = (calls[n].stage == yes);
       receive(verb_read, owner_read, answer, ticks_read, fence_read, calls[n].latest, 0);
       answer = 0;
       forget(n);
       check()
     }
  :: d_step { calls[n].stage != 0 -> forget(n) }
  od
}

/* ---- Force: an operator frees the name. A claim that takes it by force is in client.pml. ---- */

#if FORCE > 0
active proctype operator() {
end:
  do
  :: d_step { force > 0 -> force--; evict(); check() }
  od
}
#endif

init {
  atomic {
#ifdef SHOWS
    SHOWS = 0;
#endif
    for (h : 0 .. CLAIMS - 1) {
      reads[h] = CLAIMS_SHARED(h);
      renewals[h] = TROUBLES;
      run client(h)
    };
    for (h : 0 .. LATE - 1) { run network(h) };
    h = 0
  }
}
