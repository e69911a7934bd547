import cProfile,pstats,sys
sys.argv=[sys.argv[0],*sys.argv[1:]]
exec(open('/tmp/mine/bench.py').read().split('if __name__')[0])
f,*xs=CASES[sys.argv[1]]
gradcheck.check(f,*xs,order=2)
p=cProfile.Profile(); p.enable()
for _ in range(3): gradcheck.check(f,*xs,order=2)
p.disable(); pstats.Stats(p).sort_stats(sys.argv[2] if len(sys.argv)>2 else "cumtime").print_stats(45)
