create table accounts (
  id serial primary key,
  email text not null unique,
  balance_cents int not null default 0 check (balance_cents >= 0)
);

create table transfers (
  id serial primary key,
  from_account int not null references accounts,
  to_account int not null references accounts,
  cents int not null check (cents > 0),
  made_at timestamptz not null default now()
);

create table products (
  sku text primary key,
  price_cents int not null check (price_cents > 0),
  stock int not null check (stock >= 0)
);

create table orders (
  id serial primary key,
  account_id int not null references accounts,
  total_cents int not null
);

create table order_lines (
  order_id int not null references orders,
  sku text not null references products,
  quantity int not null check (quantity > 0),
  primary key (order_id, sku)
);
