/* The verbs of the store. Each is one step. It sets `answer` and, for a grant, `answered_fence`. */

/* ---- Leases. ---- */

/* fence.inc.lua: reserves `count` fences, and writes the mark or removes it. */
inline new_fence(c, count, marked) {
  mark = marked || (count > 1);
#if FENCES > 0
#ifdef FENCE_FROM_STALE_VALUE
  first_fence = (last_fence > 0 -> last_fence : 1);
  last_fence = first_fence + count - 1;
#else
  first_fence = last_fence + 1;
  last_fence = last_fence + count;
#endif
  fence[c] = first_fence;
  PROMISE(fences, first_fence > greatest_granted);
  greatest_granted = last_fence
#endif
}

inline count_sharing() {
  sharing = 0;
  for (i : 0 .. CLAIMS - 1) { sharing = sharing + (lock == SHARED && share_left[i] > 0) };
  i = 0
}

/* shared.inc.lua: the marker lasts as long as the last lease beside it. */
inline mark_shared() {
  lock_left = 0;
  for (i : 0 .. CLAIMS - 1) { lock_left = (share_left[i] > lock_left -> share_left[i] : lock_left) };
  lock = (lock_left > 0 -> SHARED : FREE);
  i = 0
}

/* Without the marker, the leases beside it have ended: it was deleted or replaced. */
inline drop_shared_without_marker() {
  if
  :: lock != SHARED -> for (i : 0 .. CLAIMS - 1) { share_left[i] = 0 }; i = 0
  :: else
  fi
}

inline hold(c, ticks) {
  heard[c] = ticks;
  if
  :: CLAIMS_SHARED(c) -> share_left[c] = ticks; mark_shared()
  :: else -> lock = c; lock_left = ticks
  fi
}

/* The owner asks again, or confirms a grant of the store: with one ttl for all, both end with the ttl. */
inline keep(c) {
  hold(c, TTL);
  answer = 1;
#if FENCES > 0
  answered_fence = (CLAIMS_SHARED(c) -> fence[c] : first_fence);
  PROMISE(same_fence, answered_fence == fence[c])
#endif
}

inline take(c) {
  hold(c, TTL);
  answer = 1;
  answered_fence = fence[c]
}

/* ---- The line. ---- */

inline leave_line(c) {
  place_left[c] = 0;
  place_latest[c] = 0;
  if
  :: line ?? [eval(c)] -> line ?? eval(c)
  :: else
  fi
}

/* line.inc.lua: keeps a living place. An owner whose place has ended stands at the back. */
inline line_up(c, is_latest) {
#ifndef LINE_WITHOUT_MARK
  mark = mark || len(line) == 0 || (line ?? [eval(c)]);
#endif
  if
  :: place_left[c] == 0 -> leave_line(c); line ! c
  :: else
  fi;
  place_left[c] = PLACE;
  place_latest[c] = is_latest;
  heard[c] = PLACE
}

/* The claim is granted at once. */
inline check_order(c) {
  for (i : 0 .. CLAIMS - 1) { PROMISE(order, i == c || place_left[i] == 0) };
  i = 0
}

inline grant_place(c) {
  PROMISE(place, place_left[c] > 0);
  new_fence(c, RESERVED, 1);
  message[c] = (place_latest[c] -> current : outdated);
  message_fence[c] = fence[c];
  if
  :: CLAIMS_SHARED(c) ->
#ifdef GRANT_FOR_TTL
     share_left[c] = TTL;
#else
     share_left[c] = place_left[c];
#endif
     mark_shared()
  :: else ->
     lock = c;
#ifdef GRANT_FOR_TTL
     lock_left = TTL
#else
     lock_left = (place_left[c] > 0 -> place_left[c] : 1)
#endif
  fi;
#ifdef GRANT_KEEPS_PLACE
  line ! c
#else
  place_left[c] = 0;
  place_latest[c] = 0
#endif
}

/* Grants the name to the head of the line, as long as it can be admitted. Drops places that have ended. */
inline move_on() {
  drop_shared_without_marker();
  do
  :: len(line) == 0 -> break
  :: else ->
     line ? <h>;
     count_sharing();
#ifdef LIMIT_IGNORED
     fits = (lock == FREE || (CLAIMS_SHARED(h) && lock == SHARED));
#else
     fits = (lock == FREE || (CLAIMS_SHARED(h) && lock == SHARED && sharing < LIMIT));
#endif
     sharing = 0;
     if
#ifndef GRANT_TO_ENDED_PLACE
     :: place_left[h] == 0 -> line ? _
     :: place_left[h] > 0 && !fits -> break
     :: place_left[h] > 0 && fits -> line ? _; grant_place(h)
#else
     :: !fits -> break
     :: fits -> line ? _; grant_place(h)
#endif
     fi
  od;
  h = 0; fits = 0
}

/* ---- Claims. ---- */

/* acquire.lua; before it uncontended.lua, which takes a free name if no mark keeps it away. */
inline acquire_alone(c, is_latest) {
  if
#ifdef CLAIM_OVERTAKES
  :: lock == FREE -> new_fence(c, RESERVED, mark); check_order(c); take(c)
#else
  :: lock == FREE && !mark && RESERVED == 1 -> new_fence(c, 1, 0); check_order(c); take(c)
#endif
  :: lock == c -> keep(c)
#ifdef REPEAT_FOR_ANY_OWNER
  :: lock != c && lock < CLAIMS && place_left[c] > 0 -> lock_left = TTL; answer = 1; answered_fence = first_fence
#endif
  :: else ->
     if
#ifdef LINE_MOVES_AT_RELEASE_ONLY
     :: false
#else
     :: lock == FREE || lock == SHARED -> move_on()
#endif
     :: else
     fi;
     if
     :: lock == c -> keep(c)
     :: lock == FREE && len(line) == 0 -> new_fence(c, RESERVED, 0); check_order(c); take(c)
     :: lock == SHARED && share_left[c] > 0
     :: else -> line_up(c, is_latest)
     fi
  fi
}

/* acquire-shared.lua */
inline acquire_shared(c, is_latest) {
  move_on();
  count_sharing();
  fits = (lock == FREE || (lock == SHARED && sharing < LIMIT));
  sharing = 0;
  if
  :: lock == SHARED && share_left[c] > 0 -> keep(c)
#ifdef READER_OVERTAKES
  :: !HOLDS(c) && fits -> new_fence(c, RESERVED, mark); check_order(c); take(c); leave_line(c)
#else
  :: !HOLDS(c) && fits && len(line) == 0 -> new_fence(c, RESERVED, 0); check_order(c); take(c)
#endif
  :: else -> line_up(c, is_latest)
  fi;
  fits = 0
}

/* ---- Force. ---- */

inline note_taken() {
  for (i : 0 .. CLAIMS - 1) {
    taken[i] = taken[i] || (HOLDS(i) && (phase[i] == asking || phase[i] == holding));
    heard[i] = (HOLDS(i) -> 0 : heard[i])
  };
  i = 0
}

inline evict() {
  note_taken();
  lock = FREE;
  lock_left = 0;
  move_on()
}

inline take_by_force(c) {
  if
  :: lock == c -> keep(c)
  :: lock == SHARED && share_left[c] > 0
  :: else ->
     note_taken();
     leave_line(c);
     lock = c;
     drop_shared_without_marker();
#ifdef STEAL_KEEPS_FENCE
     mark = 1; fence[c] = last_fence; PROMISE(fences, last_fence > greatest_granted);
#else
     new_fence(c, RESERVED, 1);
#endif
     take(c)
  fi
}

/* ---- Verbs of a holder. ---- */

/* extend.lua; extend-fenced.lua, which reserves a fence for the next holder of the process */
inline extend_lease(c, reserves) {
  if
#ifdef EXTEND_WITHOUT_COMPARE
  :: lock < CLAIMS && !reserves -> lock_left = TTL; answer = 1
#endif
  :: lock == c ->
     hold(c, TTL);
     answer = 1;
#if FENCES > 0
     if
     :: reserves ->
        last_fence++;
        greatest_granted = last_fence;
        answered_fence = last_fence;
#ifdef RESERVE_FORGETS_FIRST
        first_fence = last_fence;
#endif
        mark = 1
     :: else
     fi
#endif
  :: else
  fi
}

/* downgrade.lua, extend-shared.lua */
inline share_lease(c) {
  if
  :: lock == c ->
     drop_shared_without_marker();
     heard[c] = TTL;
#ifdef DOWNGRADE_IN_TWO_STEPS
     lock = FREE; lock_left = 0; move_on(); check();
#endif
     share_left[c] = TTL;
     mark_shared();
     answer = 1;
     move_on()
  :: lock == SHARED && share_left[c] > 0 -> heard[c] = TTL; share_left[c] = TTL; mark_shared(); answer = 1
  :: else
  fi
}

/* release.lua; before it uncontended.lua, which frees a name without a mark. */
inline release_lease(c) {
  heard[c] = 0;
  if
#ifdef RELEASE_WITHOUT_COMPARE
  :: lock < CLAIMS -> lock = FREE; lock_left = 0; leave_line(c); move_on()
#endif
  :: lock == c ->
     lock = FREE;
     lock_left = 0;
     if
     :: mark -> leave_line(c); move_on()
     :: else
     fi;
     answer = 1
  :: lock == SHARED && share_left[c] > 0 ->
     share_left[c] = 0;
#ifdef MARKER_STAYS
     answer = 1;
#else
     mark_shared();
     answer = 1;
#endif
     move_on()
  :: else ->
#ifndef RELEASE_KEEPS_PLACE
     leave_line(c);
#endif
     move_on()
  fi;
  PROMISE(leftovers, !HOLDS(c) && place_left[c] == 0 && !(line ?? [eval(c)]));
  count_sharing();
  PROMISE(leftovers, lock != SHARED || sharing > 0);
  sharing = 0
}

inline execute(v, c, is_latest) {
  answer = 0;
  answered_fence = 0;
  if
  :: v == acquire && !CLAIMS_SHARED(c) -> acquire_alone(c, is_latest)
  :: v == acquire && CLAIMS_SHARED(c) -> acquire_shared(c, is_latest)
  :: v == steal -> take_by_force(c)
  :: v == extend -> extend_lease(c, 0)
  :: v == reserve -> extend_lease(c, 1)
  :: v == share -> share_lease(c)
  :: v == release -> release_lease(c)
  fi
}
