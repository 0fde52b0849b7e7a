-- Which accounts were opened. An account that is opened has its row here first, its event second: a row without an account is
-- an opening that was never finished and may be repeated.
CREATE TABLE account_directory (
  account_id VARCHAR(255) NOT NULL,
  member VARCHAR(255) NOT NULL,
  opened_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_id, member)
);

-- A member's own accounts in order.
CREATE INDEX account_directory_by_member ON account_directory (member, account_id);
