# Runs the files of /lab/checks one after the other. What it prints goes to steps/boot.py, which
# counts the lines `ok NAME` and `not ok NAME`.

for file in /lab/checks/*.sh; do
  name=$(basename "$file" .sh)
  echo "# $name"
  rm -f /tmp/done
  # A file that hangs or breaks off is a failure too, whatever its checks said.
  timeout 180 sh -c '. /lab/checks.sh; . "$0"; touch /tmp/done' "$file" </dev/null
  [ -e /tmp/done ] || echo "not ok $name ended early"
done
echo "@end"
