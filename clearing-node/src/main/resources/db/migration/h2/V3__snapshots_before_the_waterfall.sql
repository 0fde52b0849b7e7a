-- A snapshot of an account as it was stored before the default waterfall lacks what replaying its events gives now: when
-- balances last changed, and what was realised within a day. Events are never deleted, so accounts recover without it.
DELETE FROM "snapshot" WHERE "snapshot_ser_manifest" = 'account.snapshot.v1';
