/*
 * The protocol of a lock on one name, for the model checker Spin: leases, the line, grants by message, hand-over,
 * change of mode, fences and force, with calls that are lost, late or executed twice, and with processes that pause or
 * crash.
 * `npm run model` searches all states of several configurations, and shows that each broken variant fails.
 * docs/guarantees.md lists the assumptions.
 *
 * Time is discrete: each duration is a count of ticks left. Any number of steps lie between two ticks, or none. A
 * process that takes no step between two ticks is paused. A process that takes no step any more has crashed.
 *
 *   lock.pml     the state, the promises, time, the network
 *   store.pml    the verbs of the store, each one atomic step, as in packages/core/src/redis/scripts
 *   client.pml   an owner: the work of packages/core/src/acquire, hold and queue for one acquisition
 *   deadline.pml a model of its own: the local deadline while extensions overlap
 *
 * A name that is defined by -D and is a mistake, such as RELEASE_WITHOUT_COMPARE, makes a broken variant.
 */

/* ---- A configuration. ---- */

/* Owners. Each is one acquisition, with a token of its own. */
#ifndef CLAIMS
#define CLAIMS 2
#endif
/* A bit for each owner whose claim is shared. */
#ifndef READERS
#define READERS 0
#endif
/* The limit of a shared claim: how many may share the name. */
#ifndef LIMIT
#define LIMIT CLAIMS
#endif
/* Durations in ticks: of a lease, and of a place in the line. */
#ifndef TTL
#define TTL 2
#endif
#ifndef PLACE
#define PLACE 2
#endif
/* How many calls, of all owners, may be late at one time: under way for longer than one step. At most 2. */
#ifndef LATE
#define LATE 1
#endif
/* How often the name is taken by force. */
#ifndef FORCE
#define FORCE 0
#endif
/* No claim is made after so many fences. 0: fences are not modelled, and the number of calls has no bound. */
#ifndef FENCES
#define FENCES 0
#endif
/* How many fences a claim reserves. */
#ifndef RESERVED
#define RESERVED 1
#endif
/* With LIVE: how often something goes wrong, and how often each holder renews. */
#ifndef TROUBLES
#define TROUBLES 1
#endif

#define CLAIMS_SHARED(c) ((READERS >> c) & 1)

mtype = { acquire, steal, extend, share, reserve, release };       /* verbs */
mtype = { at_once, unanswered, unexecuted, late, answered_late, twice }; /* the fate of a call */
mtype = { command, copy, yes, no };                                 /* the stage of a late call */
mtype = { asking, holding, ended, done };                           /* the phase of an owner */
mtype = { outdated, current };                                      /* a message of a grant, by its secret */

/* ---- The state of the store. ---- */

#define FREE CLAIMS
#define SHARED (CLAIMS + 1)

byte lock = FREE;            /* the exclusive holder, or the marker SHARED */
byte lock_left;
byte share_left[CLAIMS];     /* of the shared lease of an owner */
byte place_left[CLAIMS];     /* of the place of an owner */
bit place_latest[CLAIMS];    /* whether the place was kept by the latest call of its owner, whose secret it has */
chan line = [CLAIMS] of { byte };
bit mark;                    /* on the fence: uncontended.lua leaves the name alone */
byte last_fence;
byte first_fence;            /* of the fences that the exclusive holder reserved */
byte fence[CLAIMS];          /* of the last grant to an owner */

/* ---- Calls and messages under way. ---- */

typedef Call { mtype stage; mtype verb; byte owner; byte valid; byte fence; bit latest };
#if LATE == 0
#define SLOTS 1
#else
#define SLOTS LATE
#endif
Call calls[SLOTS];

mtype message[CLAIMS];       /* may be read any number of times, until it is lost */
byte message_fence[CLAIMS];
byte troubles = TROUBLES;

/* ---- The knowledge of each owner's process. ---- */

mtype phase[CLAIMS] = asking;
byte believed[CLAIMS];       /* ticks until its local deadline */
bit reads[CLAIMS];           /* whether it shares the name */
bit refused[CLAIMS];         /* the answer to its latest claim */
byte place_valid[CLAIMS];    /* ticks of a grant by message, from when the latest claim was sent */
byte next_fence[CLAIMS];     /* reserved for the next holder of this process; 0: none */
byte renewals[CLAIMS];       /* left, with LIVE */

/* ---- Records for the promises alone. ---- */

byte heard[CLAIMS];          /* ticks until the owner must have neither lease nor place at the store */
bit taken[CLAIMS];           /* by force, from this owner */
byte force = FORCE;
byte greatest;               /* fence of all holders that have begun */
byte greatest_writer;        /* of all exclusive ones */
byte greatest_granted;       /* of all that were granted or reserved */

/*
 * ---- The promises. A failed assertion shows the name of its promise. ----
 *
 *   exclusion    no two owners count on the name at a time, unless they share it, within the limit
 *   belief       an owner that counts on the name holds it at the store
 *   downgrade    the same while, and after, a writer becomes a reader
 *   fences       each grant, reservation and hand-over has a greater fence than all before
 *   same_fence   a repeated claim is answered the fence of the grant
 *   order        no claim overtakes a living place in the line
 *   place        an owner has a lease or a place, not both, and no place is granted after its end
 *   lease_end    lease and place end in time when the owner is not heard of any more
 *   leftovers    a release leaves nothing of the owner, and no marker without a lease
 *   progress     with LIVE: no owner waits for ever (client.pml)
 *
 * With SHOWS, only that promise is looked at.
 */

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

/* Scratch, used within one step. */
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
