import sys, time, warnings
warnings.simplefilter("error")
sys.path.insert(0,"/tmp/dev")
import importlib, gradcheck
mod, name = sys.argv[1].rsplit(":",1)
pat = sys.argv[2] if len(sys.argv)>2 else ""
verbose = len(sys.argv)>3
m = importlib.import_module(mod); ok=0; n=0
for s in getattr(m,name):
    if pat and pat not in s.name: continue
    n+=1; t=time.perf_counter()
    try: r = gradcheck.check(s.f,*s.inputs,order=s.order)
    except Exception as e:
        print("EXC ", s.name, type(e).__name__, str(e)[:200]); 
        if verbose: import traceback; traceback.print_exc()
        continue
    dt=time.perf_counter()-t
    bad=[e.order for e in r.evidence if e.verdict=="fail"]
    problems=[]
    if r.verdict not in s.verdicts: problems.append("VERDICT %s not in %s"%(r.verdict,s.verdicts))
    elif s.failing is not None and (not bad or min(bad)!=s.failing): problems.append("ORDER %s not %s"%(bad,s.failing))
    if s.cause and s.cause not in (r.diagnosis or ""): problems.append("CAUSE")
    if s.note and s.note not in str(r): problems.append("NOTE")
    if s.failing and not r.diagnosis: problems.append("NODIAG")
    if dt>1: problems.append("SLOW %.1f"%dt)
    if problems: print("%-45s %s | %s | %s"%(s.name,"; ".join(problems),r.reason[:100],(r.diagnosis or "")[:140]))
    else: ok+=1
    if verbose: print(r); print()
print(ok,"of",n)
