-- What one would build without Novation: a clearing function in the database. Written to be fast: integer keys, no
-- foreign keys, no index but what identity and locking need, pages with room for updates in place, eight statements a trade.
DROP SCHEMA IF EXISTS baseline CASCADE;
CREATE SCHEMA baseline;

CREATE TABLE baseline.instrument (
  id int PRIMARY KEY,
  symbol text NOT NULL,
  tick_value bigint NOT NULL, -- Micros of one tick times one lot.
  mark bigint NOT NULL, -- Ticks.
  -- Initial margin by brackets: requirement = notional x rate - deduction; bounds and deductions in micros, rates in ppm.
  bounds bigint[] NOT NULL,
  rates bigint[] NOT NULL,
  deductions bigint[] NOT NULL
);

CREATE TABLE baseline.account (
  id int PRIMARY KEY,
  cash bigint NOT NULL -- Micros.
) WITH (fillfactor = 50);

CREATE TABLE baseline.position (
  account int NOT NULL,
  instrument int NOT NULL,
  lots bigint NOT NULL, -- Signed.
  basis bigint NOT NULL, -- Micros, signed as lots.
  PRIMARY KEY (account, instrument)
) WITH (fillfactor = 50);

CREATE TABLE baseline.trade (
  id text PRIMARY KEY,
  instrument int NOT NULL,
  price bigint NOT NULL, -- Ticks.
  lots bigint NOT NULL,
  buyer int NOT NULL,
  seller int NOT NULL,
  executed_at bigint NOT NULL,
  novated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE baseline.posting (
  trade text NOT NULL,
  account int NOT NULL,
  lots bigint NOT NULL, -- Signed.
  notional bigint NOT NULL, -- Micros, signed.
  realised bigint NOT NULL -- Micros, what moved to cash.
);

-- The initial margin of a position, in micros, rounded up.
CREATE FUNCTION baseline.requirement(notional bigint, bounds bigint[], rates bigint[], deductions bigint[])
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (notional * rates[width_bucket(notional, bounds)] + 999999) / 1000000
    - deductions[width_bucket(notional, bounds)]
$$;

-- Novates one trade. 0: novated; 1: novated before; 2: the id is known with other content; 3: a margin is short; 4: an
-- account or instrument is unknown.
CREATE FUNCTION baseline.clear(
  trade_id text, instrument_id int, price_ticks bigint, trade_lots bigint, buyer_id int, seller_id int, executed bigint)
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  low_cash bigint;
  high_cash bigint;
  buyer_cash bigint;
  seller_cash bigint;
  market baseline.instrument;
  side record; -- Both sides as they stand.
  notional bigint;
  gain bigint; -- Of the buyer, at the mark.
  closed bigint;
  buyer_moved bigint := 0; -- Basis of what the trade closes.
  buyer_realised bigint := 0;
  seller_moved bigint := 0;
  seller_realised bigint := 0;
  known boolean;
BEGIN
  -- The lower id first: two trades between the same accounts cannot wait for each other.
  SELECT cash INTO low_cash FROM baseline.account WHERE id = least(buyer_id, seller_id) FOR NO KEY UPDATE;
  SELECT cash INTO high_cash FROM baseline.account WHERE id = greatest(buyer_id, seller_id) FOR NO KEY UPDATE;
  SELECT * INTO market FROM baseline.instrument WHERE id = instrument_id;
  IF low_cash IS NULL OR high_cash IS NULL OR market.id IS NULL THEN RETURN 4; END IF;
  IF buyer_id < seller_id THEN
    buyer_cash := low_cash; seller_cash := high_cash;
  ELSE
    buyer_cash := high_cash; seller_cash := low_cash;
  END IF;

  INSERT INTO baseline.trade (id, instrument, price, lots, buyer, seller, executed_at)
  VALUES (trade_id, instrument_id, price_ticks, trade_lots, buyer_id, seller_id, executed)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT (t.instrument, t.price, t.lots, t.buyer, t.seller, t.executed_at)
      = (instrument_id, price_ticks, trade_lots, buyer_id, seller_id, executed)
      INTO known FROM baseline.trade t WHERE t.id = trade_id;
    RETURN CASE WHEN known THEN 1 ELSE 2 END;
  END IF;

  -- Everything that margin needs of both accounts in one pass: the traded position, profit and the other requirements.
  SELECT
      coalesce(sum(p.lots) FILTER (WHERE p.instrument = instrument_id AND p.account = buyer_id), 0)::bigint AS buyer_lots,
      coalesce(sum(p.basis) FILTER (WHERE p.instrument = instrument_id AND p.account = buyer_id), 0)::bigint AS buyer_basis,
      coalesce(sum(p.lots * i.mark * i.tick_value - p.basis) FILTER (WHERE p.account = buyer_id), 0)::bigint AS buyer_profit,
      coalesce(sum(baseline.requirement(abs(p.lots * i.mark * i.tick_value), i.bounds, i.rates, i.deductions))
        FILTER (WHERE p.instrument <> instrument_id AND p.account = buyer_id), 0)::bigint AS buyer_others,
      coalesce(sum(p.lots) FILTER (WHERE p.instrument = instrument_id AND p.account = seller_id), 0)::bigint AS seller_lots,
      coalesce(sum(p.basis) FILTER (WHERE p.instrument = instrument_id AND p.account = seller_id), 0)::bigint AS seller_basis,
      coalesce(sum(p.lots * i.mark * i.tick_value - p.basis) FILTER (WHERE p.account = seller_id), 0)::bigint AS seller_profit,
      coalesce(sum(baseline.requirement(abs(p.lots * i.mark * i.tick_value), i.bounds, i.rates, i.deductions))
        FILTER (WHERE p.instrument <> instrument_id AND p.account = seller_id), 0)::bigint AS seller_others
    INTO side
    FROM baseline.position p JOIN baseline.instrument i ON i.id = p.instrument WHERE p.account IN (buyer_id, seller_id);
  notional := price_ticks * trade_lots * market.tick_value;
  gain := market.mark * trade_lots * market.tick_value - notional;

  -- Short of margin afterwards: only a position that shrinks passes.
  IF buyer_cash + side.buyer_profit + gain < side.buyer_others + baseline.requirement(
        abs((side.buyer_lots + trade_lots) * market.mark * market.tick_value), market.bounds, market.rates, market.deductions)
      AND abs(side.buyer_lots + trade_lots) >= abs(side.buyer_lots)
    OR seller_cash + side.seller_profit - gain < side.seller_others + baseline.requirement(
        abs((side.seller_lots - trade_lots) * market.mark * market.tick_value), market.bounds, market.rates, market.deductions)
      AND abs(side.seller_lots - trade_lots) >= abs(side.seller_lots)
  THEN
    DELETE FROM baseline.trade WHERE id = trade_id;
    RETURN 3;
  END IF;

  -- What a trade closes leaves the basis and becomes cash; the remainder of a division stays with the position.
  IF side.buyer_lots < 0 THEN
    closed := least(-side.buyer_lots, trade_lots);
    buyer_moved := side.buyer_basis::numeric * closed / -side.buyer_lots;
    buyer_realised := -(notional / trade_lots * closed) - buyer_moved;
  END IF;
  IF side.seller_lots > 0 THEN
    closed := least(side.seller_lots, trade_lots);
    seller_moved := side.seller_basis::numeric * closed / side.seller_lots;
    seller_realised := notional / trade_lots * closed - seller_moved;
  END IF;

  INSERT INTO baseline.position AS p (account, instrument, lots, basis)
  VALUES
    (buyer_id, instrument_id, side.buyer_lots + trade_lots, side.buyer_basis + notional + buyer_realised),
    (seller_id, instrument_id, side.seller_lots - trade_lots, side.seller_basis - notional + seller_realised)
  ON CONFLICT (account, instrument) DO UPDATE SET lots = excluded.lots, basis = excluded.basis;

  IF buyer_realised <> 0 OR seller_realised <> 0 THEN
    UPDATE baseline.account
      SET cash = cash + CASE WHEN id = buyer_id THEN buyer_realised ELSE seller_realised END
      WHERE id IN (buyer_id, seller_id);
  END IF;

  INSERT INTO baseline.posting (trade, account, lots, notional, realised)
  VALUES
    (trade_id, buyer_id, trade_lots, notional, buyer_realised),
    (trade_id, seller_id, -trade_lots, -notional, seller_realised);
  RETURN 0;
END
$$;

-- Novates many trades in one transaction. All accounts are locked first, in order.
CREATE FUNCTION baseline.clear_all(
  trade_ids text[], instrument_ids int[], prices bigint[], quantities bigint[], buyers int[], sellers int[],
  executed bigint[])
RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
  results int[] := array_fill(0, ARRAY[cardinality(trade_ids)]);
BEGIN
  PERFORM 1 FROM baseline.account WHERE id = ANY (buyers || sellers) ORDER BY id FOR NO KEY UPDATE;
  FOR n IN 1 .. cardinality(trade_ids) LOOP
    results[n] := baseline.clear(
      trade_ids[n], instrument_ids[n], prices[n], quantities[n], buyers[n], sellers[n], executed[n]);
  END LOOP;
  RETURN results;
END
$$;

-- What a liquidation takes in or pays: a row each, for a sum in one row would have every liquidation wait for the others.
CREATE TABLE baseline.fund_movement (
  account int NOT NULL,
  amount bigint NOT NULL -- Micros; negative when it paid a debt.
);

CREATE TABLE baseline.liquidation (
  account int NOT NULL,
  buyer int NOT NULL,
  equity bigint NOT NULL,
  maintenance bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Accounts under maintenance margin, which is half of the initial one.
CREATE FUNCTION baseline.under_maintenance() RETURNS SETOF int LANGUAGE sql STABLE AS $$
  SELECT p.account
  FROM baseline.position p JOIN baseline.instrument i ON i.id = p.instrument JOIN baseline.account a ON a.id = p.account
  WHERE p.lots <> 0
  GROUP BY p.account, a.cash
  HAVING a.cash + sum(p.lots * i.mark * i.tick_value - p.basis)
    < sum((baseline.requirement(abs(p.lots * i.mark * i.tick_value), i.bounds, i.rates, i.deductions) + 1) / 2)
$$;

-- Sells everything that an account has at the marks to a buyer who has the margin for it. 40 % of the maintenance margin go
-- to the fund, as far as there is as much; what is owed comes from there. 0: done; 1: it has enough; 3: the buyer has not.
CREATE FUNCTION baseline.liquidate(seller_id int, buyer_id int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  seller_cash bigint;
  buyer_cash bigint;
  equity_now bigint;
  maintenance_now bigint;
  required bigint;
  profit bigint;
  fee bigint;
  leg record;
  other record;
  moved bigint;
  realised bigint;
  closed bigint;
BEGIN
  -- The lower id first: two liquidations cannot wait for each other.
  PERFORM 1 FROM baseline.account WHERE id IN (seller_id, buyer_id) ORDER BY id FOR NO KEY UPDATE;
  SELECT cash INTO seller_cash FROM baseline.account WHERE id = seller_id;
  SELECT cash INTO buyer_cash FROM baseline.account WHERE id = buyer_id;
  SELECT seller_cash + coalesce(sum(p.lots * i.mark * i.tick_value - p.basis), 0),
      coalesce(sum((baseline.requirement(abs(p.lots * i.mark * i.tick_value), i.bounds, i.rates, i.deductions) + 1) / 2), 0)
    INTO equity_now, maintenance_now
    FROM baseline.position p JOIN baseline.instrument i ON i.id = p.instrument WHERE p.account = seller_id;
  IF equity_now >= maintenance_now THEN RETURN 1; END IF;

  -- The buyer with all of it on its books.
  SELECT coalesce(sum(baseline.requirement(abs(lots * i.mark * i.tick_value), i.bounds, i.rates, i.deductions)), 0),
      coalesce(sum(profits), 0)
    INTO required, profit
    FROM (
      SELECT p.instrument, sum(p.lots)::bigint AS lots,
        sum(CASE WHEN p.account = buyer_id THEN p.lots * m.mark * m.tick_value - p.basis ELSE 0 END)::bigint AS profits
      FROM baseline.position p JOIN baseline.instrument m ON m.id = p.instrument
      WHERE p.account IN (seller_id, buyer_id) GROUP BY p.instrument) held
    JOIN baseline.instrument i ON i.id = held.instrument;
  IF buyer_cash + profit < required THEN RETURN 3; END IF;

  FOR leg IN
    SELECT p.instrument, p.lots, p.basis, i.mark, i.tick_value
    FROM baseline.position p JOIN baseline.instrument i ON i.id = p.instrument
    WHERE p.account = seller_id AND p.lots <> 0
  LOOP
    INSERT INTO baseline.trade (id, instrument, price, lots, buyer, seller, executed_at)
      VALUES ('liquidation-' || seller_id || '-' || leg.instrument || '-' || leg.lots, leg.instrument, leg.mark, abs(leg.lots),
        CASE WHEN leg.lots > 0 THEN buyer_id ELSE seller_id END, CASE WHEN leg.lots > 0 THEN seller_id ELSE buyer_id END, 0);
    seller_cash := seller_cash + leg.lots * leg.mark * leg.tick_value - leg.basis;
    UPDATE baseline.position SET lots = 0, basis = 0 WHERE account = seller_id AND instrument = leg.instrument;
    SELECT lots, basis INTO other FROM baseline.position WHERE account = buyer_id AND instrument = leg.instrument;
    moved := 0;
    realised := 0;
    IF FOUND AND sign(other.lots) = -sign(leg.lots) THEN
      closed := least(abs(other.lots), abs(leg.lots));
      moved := other.basis::numeric * closed / abs(other.lots);
      realised := sign(other.lots) * closed * leg.mark * leg.tick_value - moved;
    END IF;
    INSERT INTO baseline.position AS p (account, instrument, lots, basis)
      VALUES (buyer_id, leg.instrument, leg.lots, leg.lots * leg.mark * leg.tick_value + realised)
      ON CONFLICT (account, instrument)
      DO UPDATE SET lots = p.lots + excluded.lots, basis = p.basis + excluded.basis;
    buyer_cash := buyer_cash + realised;
    INSERT INTO baseline.posting (trade, account, lots, notional, realised)
      VALUES
        ('', seller_id, -leg.lots, -leg.lots * leg.mark * leg.tick_value,
          leg.lots * leg.mark * leg.tick_value - leg.basis),
        ('', buyer_id, leg.lots, leg.lots * leg.mark * leg.tick_value, realised);
  END LOOP;

  fee := CASE WHEN seller_cash < 0 THEN seller_cash ELSE least(maintenance_now * 4 / 10, seller_cash * 95 / 100) END;
  IF fee <> 0 THEN INSERT INTO baseline.fund_movement VALUES (seller_id, fee); END IF;
  UPDATE baseline.account SET cash = seller_cash - fee WHERE id = seller_id;
  UPDATE baseline.account SET cash = buyer_cash WHERE id = buyer_id;
  INSERT INTO baseline.liquidation (account, buyer, equity, maintenance)
    VALUES (seller_id, buyer_id, equity_now, maintenance_now);
  RETURN 0;
END
$$;
