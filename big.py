import time, sys, os, numpy as np, onnx, onnxruntime as ort
import dezero.onnx
from dezero import test_mode, Variable
from dezero.models import *
so=ort.SessionOptions(); so.intra_op_num_threads=1
for make,size in ((SqueezeNet,35),(ResNet50,33),(ResNet50,64),(VGG16,32),(VGG16,64)):
    t=time.time(); m=make(); x=np.random.randn(1,3,size,size).astype('f')
    t1=time.time(); dezero.onnx.export(m,x,path="/tmp/m.onnx"); t2=time.time()
    onnx.checker.check_model("/tmp/m.onnx",full_check=True); t3=time.time()
    s=ort.InferenceSession("/tmp/m.onnx",so); x=np.random.randn(2,3,size,size).astype('f')
    y=s.run(None,{"x0":x})[0]; t4=time.time()
    with test_mode(): z=m(x).data
    t5=time.time()
    print(make.__name__,size,[round(b-a,2) for a,b in zip((t,t1,t2,t3,t4),(t1,t2,t3,t4,t5))], os.path.getsize("/tmp/m.onnx")>>20, y.shape, abs(y-z).max(), abs(z).max(), [i.shape for i in s.get_inputs()+s.get_outputs()])
