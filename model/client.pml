/*
 * An owner: it asks until it is granted the name, holds it, and releases it. It may do its next step before a late call
 * is answered, so that each call may be given up at any time.
 */

/* The fences bound the search. */
#define FENCES_LEFT (FENCES == 0 || last_fence < FENCES)

#ifdef WAITS_FOR_MESSAGE_ONLY
#define MAY_ASK(c) (FENCES_LEFT && !refused[c])
#else
#define MAY_ASK(c) FENCES_LEFT
#endif

#ifdef LIVE
#define MAY_RENEW (renewals[c] > 0)
#define MAY_GO_WRONG (troubles > 0)
#else
#define MAY_RENEW true
#define MAY_GO_WRONG true
#endif

/* A claim that may be executed or answered yet. A grant by message does not count meanwhile. */
#define IS_CLAIM_OF(n, c) (calls[n].owner == c && calls[n].verb == acquire && calls[n].stage != 0 && !IS_COPY(n))
#define IS_COPY(n) (calls[n].stage == copy)
#if LATE == 0
#define ALL_ANSWERED(c) true
#define ROOM false
#elif LATE == 2
#define ALL_ANSWERED(c) (!IS_CLAIM_OF(0, c) && !IS_CLAIM_OF(1, c))
#define ROOM (calls[0].stage == 0 || calls[1].stage == 0)
#else
#define ALL_ANSWERED(c) (!IS_CLAIM_OF(0, c))
#define ROOM (calls[0].stage == 0)
#endif

#define SHORTER_OF_PLACE_AND_TTL (PLACE < TTL -> PLACE : TTL)

/* ---- A hold. ---- */

/* A holder begins. Readers may begin in another order than that of their grants. */
inline begin(c, f, ticks) {
  phase[c] = holding;
  believed[c] = ticks;
#if FENCES > 0
  if
  :: !taken[c] ->
     PROMISE(fences, f > greatest_writer && (reads[c] || f > greatest));
     greatest = (f > greatest -> f : greatest);
     greatest_writer = (reads[c] -> greatest_writer : f)
  :: else
  fi
#endif
}

inline end_hold(c, into) {
  phase[c] = into;
  believed[c] = 0;
  reads[c] = CLAIMS_SHARED(c);
  taken[c] = 0;
  refused[c] = 0;
  place_valid[c] = 0;
  next_fence[c] = 0;
  message[c] = 0;
  message_fence[c] = 0
}

/* ---- Calls. ---- */

/* From now on the earlier claims of this owner, and their secrets, do not count. */
inline note_sent(v, c) {
  if
  :: v == acquire || v == steal ->
     refused[c] = 0;
     place_valid[c] = SHORTER_OF_PLACE_AND_TTL;
     place_latest[c] = 0;
     message[c] = (message[c] == current -> outdated : message[c]);
     for (i : 0 .. SLOTS - 1) { calls[i].latest = calls[i].latest && calls[i].owner != c };
     i = 0
  :: v == share -> reads[c] = 1
  :: else
  fi
}

/* `ticks`: the time that the answer grants, counted from when its own call was sent. */
inline receive(v, c, is_yes, ticks, f, is_latest, is_prompt) {
  if
  :: v == acquire || v == steal ->
     if
     :: phase[c] == asking && is_latest && is_yes && ticks > 0 ->
        next_fence[c] = (RESERVED > 1 -> f + 1 : 0);
#ifdef BELIEF_FROM_ANSWER
        begin(c, f, TTL)
#else
        begin(c, f, ticks)
#endif
     :: phase[c] == asking && is_latest && is_yes && ticks == 0 -> end_hold(c, ended)
     :: phase[c] == asking && is_latest && !is_yes -> refused[c] = 1
     /* A late answer to a claim that was given up: the name is released again. */
     :: phase[c] == done -> phase[c] = ended
     :: else
     fi
  :: v == extend || v == share || v == reserve ->
     if
     :: phase[c] == holding && is_yes && believed[c] > 0 ->
#ifdef BELIEF_FROM_ANSWER
        believed[c] = TTL;
#else
        believed[c] = (ticks > believed[c] -> ticks : believed[c]);
#endif
#ifdef LATE_RESERVATION_COUNTS
        next_fence[c] = (v == reserve -> f : next_fence[c])
#else
        next_fence[c] = (v == reserve && is_prompt -> f : next_fence[c])
#endif
     /* An exclusive claim finds nothing exclusive after a downgrade: no loss. */
     :: phase[c] == holding && !is_yes && (v == share || reads[c] == CLAIMS_SHARED(c)) -> end_hold(c, done)
     :: else
     fi
  :: v == release && phase[c] == ended -> phase[c] = done
  :: else
  fi
}

inline put_under_way(into, v, c, f) {
  room = (calls[0].stage == 0 -> 0 : 1);
  calls[room].stage = into;
  calls[room].verb = v;
  calls[room].owner = c;
  calls[room].valid = (into == copy || v == release -> 0 : TTL);
  calls[room].latest = (v == acquire);
  calls[room].fence = f
}

inline call(v, c, outcome) {
  note_sent(v, c);
  answer = 0;
  answered_fence = 0;
  if
  :: outcome == unexecuted || outcome == late
  :: else -> execute(v, c, 1)
  fi;
  if
  :: outcome == at_once || outcome == twice -> receive(v, c, answer, TTL, answered_fence, 1, 1)
  :: else
  fi;
  if
  :: outcome == late -> put_under_way(command, v, c, 0)
  :: outcome == answered_late && answer -> put_under_way(yes, v, c, answered_fence)
  :: outcome == answered_late && !answer -> put_under_way(no, v, c, 0)
  :: outcome == twice -> put_under_way(copy, v, c, 0)
  :: else
  fi;
  answer = 0;
  answered_fence = 0
}

proctype client(byte c) {
  mtype verb, outcome;
end:
  do
  :: atomic {
       if
       :: phase[c] == asking && MAY_ASK(c) -> verb = acquire
       :: phase[c] == asking && MAY_ASK(c) && force > 0 && !CLAIMS_SHARED(c) -> force--; verb = steal
       :: phase[c] == holding && believed[c] > 0 && MAY_RENEW -> verb = (reads[c] -> share : extend)
#ifdef DOWNGRADES
       :: phase[c] == holding && believed[c] > 0 && !reads[c] -> verb = share
#endif
#if FENCES > 0 && defined(HAND_OVER)
       :: phase[c] == holding && believed[c] > 0 && next_fence[c] == 0 && FENCES_LEFT -> verb = reserve
#endif
       :: phase[c] == ended -> verb = release
       fi;
       if
       :: outcome = at_once
       /* With room for a late call, a loss is a late call that is lost. */
       :: MAY_GO_WRONG && !ROOM -> outcome = unanswered
       :: MAY_GO_WRONG && !ROOM -> outcome = unexecuted
       :: MAY_GO_WRONG && ROOM -> outcome = late
       :: MAY_GO_WRONG && ROOM -> outcome = answered_late
       :: MAY_GO_WRONG && ROOM -> outcome = twice
       fi;
       d_step {
#ifdef LIVE
         troubles = (outcome == at_once -> troubles : troubles - 1);
         renewals[c] = (phase[c] == holding && renewals[c] > 0 -> renewals[c] - 1 : renewals[c]);
#endif
         call(verb, c, outcome);
         verb = 0; outcome = 0;
         check()
       }
     }
  /* The message of a grant. It stays, for it may arrive twice. */
  :: d_step {
#ifdef OUTDATED_MESSAGE_COUNTS
       phase[c] == asking && message[c] != 0 && refused[c] && ALL_ANSWERED(c) ->
#elif defined(MESSAGE_COUNTS_FROM_RECEIPT)
       phase[c] == asking && message[c] == current && refused[c] && ALL_ANSWERED(c) ->
#else
       phase[c] == asking && message[c] == current && refused[c] && ALL_ANSWERED(c) && place_valid[c] > 0 ->
#endif
       next_fence[c] = (RESERVED > 1 -> message_fence[c] + 1 : 0);
#if defined(MESSAGE_COUNTS_FROM_RECEIPT) || defined(OUTDATED_MESSAGE_COUNTS)
       begin(c, message_fence[c], SHORTER_OF_PLACE_AND_TTL);
#else
       begin(c, message_fence[c], place_valid[c]);
#endif
       check()
     }
  :: d_step { message[c] != 0 && MAY_GO_WRONG ->
#ifdef LIVE
       troubles--;
#endif
       message[c] = 0; message_fence[c] = 0 }
#ifdef HAND_OVER
  /* To the next waiter of this process, under the same owner, with the next fence. */
#ifdef HAND_OVER_AFTER_END
  :: d_step { phase[c] == holding && !reads[c] && next_fence[c] > 0 ->
       believed[c] = (believed[c] > 0 -> believed[c] : 1);
#else
  :: d_step { phase[c] == holding && !reads[c] && next_fence[c] > 0 && believed[c] > 0 ->
#endif
       begin(c, next_fence[c], believed[c]);
       next_fence[c] = 0;
#ifdef HAND_OVER_AND_RELEASE
       release_lease(c);
#endif
       check()
     }
#endif
  /* It stops to wait, or its process crashes. */
  :: d_step { phase[c] == asking && MAY_GO_WRONG ->
#ifdef LIVE
       troubles--;
#endif
       end_hold(c, ended) }
  /* It stops to work under the lock, or its deadline has passed. */
  :: d_step { phase[c] == holding -> end_hold(c, ended) }
  /* Its process crashes, or the release is given up. */
  :: d_step { phase[c] == ended -> phase[c] = done }
#ifdef OWNER_USED_AGAIN
  :: d_step { phase[c] == done && FENCES_LEFT -> phase[c] = asking; reads[c] = CLAIMS_SHARED(c) }
#endif
  od
}

#ifdef LIVE
ltl progress { <> (phase[0] != asking && phase[1] != asking && phase[CLAIMS - 1] != asking) }
#endif
