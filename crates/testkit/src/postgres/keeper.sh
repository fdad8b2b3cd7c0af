# Arguments: the folder of PostgreSQL's programs, the server's own folder, its port, and then the
# command that runs another one as the server's user (nothing where that is the caller).
# The server stops and its folder goes when standard input ends, or when the server ends itself.
programs=$1 dir=$2 port=$3
shift 3

# The pipe moves out of the way, so that only the watcher below holds it.
exec 3<&0 </dev/null
cd / || exit
if [ $# -gt 0 ]; then chown postgres: "$dir"; fi

{
    "$@" "$programs/initdb" --pgdata="$dir/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C --no-sync --no-instructions &&
        exec "$@" "$programs/postgres" -D "$dir/data" -k "$dir" -p "$port" \
            -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off \
            -c synchronous_commit=off -c shared_buffers=16MB -c max_connections=50 \
            -c logging_collector=off -c max_prepared_transactions=2
} >"$dir/log" 2>&1 3<&- &
server=$!

# SIGQUIT: at once, and nothing has to be kept.
{
    read -r _
    kill -QUIT "$server"
} <&3 >/dev/null 2>&1 &
watcher=$!
exec 3<&-

wait "$server"
tail -n 5 "$dir/log" >&2
rm -rf -- "$dir"
kill "$watcher" 2>/dev/null
